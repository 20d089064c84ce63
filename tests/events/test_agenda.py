"""Which chat is read next: the most urgent first, and none before its time."""

from __future__ import annotations

from hypothesis import given, strategies as st

from beeper_async.events.agenda import SLOW, Agenda, Job

jobs = st.sampled_from(list(Job))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), jobs, st.sampled_from("abc"), st.integers(0, 5)),
        st.tuples(st.just("pop"), st.booleans(), st.just(""), st.integers(0, 5)),
        st.tuples(st.just("drop"), st.none(), st.sampled_from("abc"), st.just(0)),
    ),
    max_size=60,
)


def test_the_more_urgent_job_comes_first() -> None:
    agenda = Agenda()
    for number, job in enumerate(reversed(Job)):
        agenda.add(job, job.name, float(number))
    order = [agenda.pop(99.0, without_slow=False) for _ in Job]
    assert order == [(job, job.name) for job in Job]
    assert agenda.pop(99.0, without_slow=False) is None


def test_of_equal_jobs_the_one_that_is_due_first_comes_first() -> None:
    agenda = Agenda()
    for chat_id, at in (("late", 3.0), ("early", 1.0), ("later", 3.0)):
        agenda.add(Job.LOOK, chat_id, at)
    got = [agenda.pop(9.0, without_slow=False) for _ in range(3)]
    assert got == [(Job.LOOK, one) for one in ("early", "late", "later")]


def test_nothing_comes_before_its_time() -> None:
    agenda = Agenda()
    agenda.add(Job.ASK, "a", 5.0)
    assert agenda.pop(4.9, without_slow=False) is None
    assert agenda.next_time(without_slow=False) == 5.0
    assert agenda.pop(5.0, without_slow=False) == (Job.ASK, "a")
    assert agenda.next_time(without_slow=False) is None


def test_a_job_moves_to_an_earlier_time_only() -> None:
    agenda = Agenda()
    agenda.add(Job.LOOK, "a", 5.0)
    agenda.add(Job.LOOK, "a", 9.0)
    assert agenda.next_time(without_slow=False) == 5.0
    agenda.add(Job.LOOK, "a", 2.0)
    assert agenda.next_time(without_slow=False) == 2.0
    assert agenda.pop(9.0, without_slow=False) == (Job.LOOK, "a")
    assert agenda.pop(9.0, without_slow=False) is None, "it was one job all the time"


def test_slow_jobs_can_be_left_out() -> None:
    agenda = Agenda()
    for job in SLOW:
        agenda.add(job, "a", 0.0)
    assert agenda.pop(9.0, without_slow=True) is None
    assert agenda.next_time(without_slow=True) is None
    assert agenda.next_time(without_slow=False) == 0.0
    assert agenda.pop(9.0, without_slow=False) is not None


def test_what_is_planned_for_later_keeps_nobody_waiting() -> None:
    agenda = Agenda()
    agenda.add(Job.LOOK, "a", 5.0)
    assert not agenda.is_waiting(4.0)
    assert agenda.is_waiting(5.0)
    agenda.add(Job.LISTED, "b", 9.0)
    assert agenda.is_waiting(4.0), "that one failed, and is tried again"


@given(steps)
def test_it_is_a_list_of_what_was_added_and_not_taken(
    steps: list[tuple[str, Job | bool | None, str, int]],
) -> None:
    agenda, due = Agenda(), dict[tuple[Job, str], int]()
    for step, what, chat_id, at in steps:
        if step == "add":
            assert isinstance(what, Job)
            agenda.add(what, chat_id, at)
            due[what, chat_id] = min(at, due.get((what, chat_id), at))
        elif step == "drop":
            agenda.drop(chat_id)
            due = {key: time for key, time in due.items() if key[1] != chat_id}
        else:
            without_slow = bool(what)
            open_ones = {
                key: time for key, time in due.items() if not (without_slow and key[0] in SLOW)
            }
            assert agenda.next_time(without_slow=without_slow) == min(
                open_ones.values(), default=None
            )
            found = agenda.pop(at, without_slow=without_slow)
            ready = {key: time for key, time in open_ones.items() if time <= at}
            assert (found is None) == (not ready)
            if found is not None:
                assert found[0] == min(job for job, _ in ready)
                same = [time for (job, _), time in ready.items() if job == found[0]]
                assert due.pop(found) == min(same)
        assert agenda.next_time(without_slow=False) == min(due.values(), default=None)
        for job in Job:
            assert [agenda.has(job, one) for one in "abc"] == [(job, one) in due for one in "abc"]
