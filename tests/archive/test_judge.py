"""What is decided of messages that a walk did not meet."""

from __future__ import annotations

from beeper_async.archive.updating.vanishing import Missed, Served, Verdict, judge


def missed(*numbers: int, before: int | None = None, **fields: bool) -> list[Missed]:
    flags = {"is_deleted": False, "is_pending": False, **fields}
    return [Missed(n, f"m{n}", f"{n:05}", n, before, **flags) for n in numbers]


def served(alive: int = 1000, oldest: int = 100, newest: int = 900, run: int = 5) -> Served:
    return Served(alive=alive, oldest=f"{oldest:05}", newest=f"{newest:05}", run=run)


def test_between_two_that_were_served_a_message_has_vanished() -> None:
    assert judge(missed(500, 501), served(), None) == Verdict(vanished=[500, 501])


def test_outside_a_404_decides_and_else_a_second_run() -> None:
    outside = missed(50, 950)
    assert judge(outside, served(), None) == Verdict(ask=outside, noted=[50, 950])
    again = missed(50, 950, before=4)
    assert judge(again, served(), None) == Verdict(vanished=[50, 950])
    assert judge(missed(50, before=5), served(), None).vanished == []


def test_the_brake() -> None:
    assert not judge(missed(*range(200, 250)), served(), None).is_braked
    braked = judge(missed(*range(200, 251)), served(), None)
    assert braked.is_braked
    assert (braked.vanished, braked.noted) == ([], list(range(200, 251)))
    few_of_few = judge(missed(*range(200, 221)), served(alive=400), None)
    assert few_of_few.is_braked
    assert not judge(missed(*range(200, 220)), served(alive=30), None).is_braked


def test_a_second_run_takes_a_sample() -> None:
    verdict = judge(missed(*range(200, 300), before=3), served(), None)
    assert verdict.is_braked
    assert verdict.twice == list(range(200, 300))
    assert len(verdict.sample) == 5


def test_what_was_due_to_disappear_counts_for_nothing() -> None:
    verdict = judge(missed(*range(200, 300), 500), served(), 400)
    assert not verdict.is_braked
    assert (verdict.expired, verdict.vanished) == ([*range(200, 300)], [500])


def test_the_rest_of_deleted_messages_counts_for_nothing() -> None:
    verdict = judge(missed(*range(200, 300), is_deleted=True), served(), None)
    assert not verdict.is_braked
    assert verdict.vanished == [*range(200, 300)]


def test_own_messages_with_a_temporary_id_are_asked_for() -> None:
    pending = missed(500, before=2, is_pending=True)
    assert judge(pending, served(), None) == Verdict(ask=pending)
