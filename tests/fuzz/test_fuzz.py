"""Games that are played with every run of the tests; `nox -s fuzz` plays more."""

import pytest
from attrs import evolve

from beeper_async import MessageCreated

from .lies import Lies
from .player import Game, play

# Each that ever failed, with its number of acts and its lies; none stands for all lies.
KEPT: list[tuple[int, int, str | None]] = [
    (1, 10, "odd_keys"),
    (6, 10, "renumbered"),
    (7, 10, "lost_silently"),
    (7, 10, "lost_with_gap"),
    (5, 10, "slow_answers"),
    (23, 20, "kicks"),
    (10, 40, "aborts"),
    (13, 10, "restarts"),
    (7, 10, "slowness"),
    (10, 10, "bad_answers"),
    (4, 80, "silent"),
    (1, 150, None),
    (2, 150, None),
    (3, 150, None),
    (3, 100, None),
    (11, 100, None),
    (12, 100, None),
    (13, 100, None),
    (17, 100, None),
    (20, 100, None),
    (33, 100, None),
    (45, 100, None),
    (46, 100, None),
    (58, 100, None),
    (59, 100, None),
    (66, 100, None),
    (85, 100, None),
    (96, 100, None),
    (119, 100, None),
    (125, 100, None),
    (173, 100, None),
    (187, 100, None),
    (196, 100, None),
    (207, 100, None),
    (210, 100, None),
    (211, 100, None),
    (235, 100, None),
    (260, 100, None),
    (330, 150, None),
    (33, 150, None),
    (42, 150, None),
    (510, 150, None),
    (528, 150, None),
    (543, 150, None),
    (563, 150, None),
    (229, 150, None),
    (251, 150, None),
    (519, 150, None),
    (549, 150, None),
    (565, 150, None),
    (582, 150, None),
    (37, 150, None),
    (91, 150, None),
    (97, 150, None),
    (614, 150, None),
    (638, 150, None),
    (688, 150, None),
    (100, 150, None),
    (161, 150, None),
]
# A lie about something needs that something.
NEEDS = {"healed": "undecodable", "no_status": "own", "forgotten": "own"}


def lies_named(name: str | None) -> Lies:
    """Return one lie, and what it needs; all of them without a name."""
    return Lies() if name is None else Lies().only(name, NEEDS.get(name, name))


def faults_of(seed: int, acts: int, lies: Lies) -> list[tuple[str, str]]:
    """Play a seed; gives what differs."""
    return play(Game(seed=seed, acts=acts, lies=lies)).findings.faults


@pytest.mark.parametrize("seed", range(1, 6))
def test_of_an_honest_app_everything_is_delivered(seed: int) -> None:
    result = play(Game(seed=seed, acts=100, lies=Lies.none()))
    assert result.findings.faults == []
    assert result.findings.undetectable == []
    assert any(isinstance(one.event, MessageCreated) for one in result.delivered)


@pytest.mark.parametrize("name", list(Lies.names()))
def test_no_lie_alone_misleads(name: str) -> None:
    faults = [fault for seed in range(1, 4) for fault in faults_of(seed, 80, lies_named(name))]
    assert faults == []


@pytest.mark.parametrize(("seed", "acts", "name"), KEPT)
def test_seeds_that_failed_once(seed: int, acts: int, name: str | None) -> None:
    assert faults_of(seed, acts, lies_named(name)) == []


@pytest.mark.parametrize("seed", range(101, 105))
def test_all_lies_at_once(seed: int) -> None:
    assert faults_of(seed, 100, Lies()) == []


def test_a_seed_is_played_the_same_way_each_time() -> None:
    game = Game(seed=3, acts=60)
    first, second = play(game), play(game)
    assert first.findings == second.findings
    assert [one.at for one in first.delivered] == [one.at for one in second.delivered]
    assert first.requests == second.requests


def test_streams_are_restarted_where_they_left_off() -> None:
    result = play(Game(seed=1, acts=60, lies=evolve(Lies.none(), restarts=0.2)))
    assert result.restarts > 3
    assert len({one.stream for one in result.delivered}) > 3
