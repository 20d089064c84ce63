"""What is to be done with messages that a walk through a whole chat did not meet. Pure.

An app that was installed anew, or lost its cache, serves much less than before. That must not look
like somebody deleting it all: hence the brake.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from attrs import field, frozen

_MOST: Final = 50
"""Messages of one chat that may vanish in one run."""
_MOST_OF_MANY: Final = 20
"""The same, if they are also more than a twentieth of the chat."""
_SHARE: Final = 20
_LONGEST_CONFIRMATION: Final = 50
"""Messages of one chat that are asked for singly."""
_SAMPLE: Final = 5


class Missed(NamedTuple):
    """A message of the archive that the walk did not meet."""

    n: int
    id: str
    pos: str
    time: int
    missed_run: int | None
    is_deleted: bool
    is_pending: bool


@frozen
class Served:
    """What the walk met."""

    alive: int
    """Messages of the chat in the archive before, without those that had vanished."""
    oldest: str | None
    """The lowest position that was met."""
    newest: str | None
    run: int


@frozen(kw_only=True)
class Verdict:
    """What is to be done with the messages that were missed, by their numbers."""

    expired: list[int] = field(factory=list[int])
    """The timer of their chat had run out."""
    vanished: list[int] = field(factory=list[int])
    """Between two that were served, so the app no longer has them."""
    ask: list[Missed] = field(factory=list[Missed], repr=False)
    """To be asked for singly: what is answered with 404 has vanished."""
    noted: list[int] = field(factory=list[int])
    """Missed for the first time: a second run decides."""
    sample: list[Missed] = field(factory=list[Missed], repr=False)
    """A 404 for each of these confirms what was missed twice."""
    twice: list[int] = field(factory=list[int])
    """What such a sample confirms."""
    is_braked: bool = False
    """Whether so much is missing that nothing is marked, and it becomes a problem."""


def judge(missed: Sequence[Missed], served: Served, expired_before: int | None) -> Verdict:
    """Decide about the messages that a walk did not meet.

    Args:
        missed: The messages.
        served: What the walk met.
        expired_before: Messages sent before this time (in milliseconds) are due to disappear.
    """
    limit = -1 if expired_before is None else expired_before
    expired = [one.n for one in missed if one.time < limit]
    gone = [one for one in missed if one.time >= limit]
    # Of what somebody deleted, the rest may go at any time; it counts for nothing.
    vanished = [one.n for one in gone if one.is_deleted]
    gone = [one for one in gone if not one.is_deleted]
    if _is_too_much(len(gone), served.alive):
        twice = [one for one in gone if _was_missed_before(one, served)]
        return Verdict(
            expired=expired,
            vanished=vanished,
            noted=[one.n for one in gone if one.missed_run is None],
            twice=[one.n for one in twice],
            sample=twice[:: max(1, len(twice) // _SAMPLE)][:_SAMPLE],
            is_braked=True,
        )
    vanished += [one.n for one in gone if _is_between(one, served) and not one.is_pending]
    doubtful = [one for one in gone if not _is_between(one, served) or one.is_pending]
    vanished += [
        one.n for one in doubtful if _was_missed_before(one, served) and not one.is_pending
    ]
    settled = set(vanished)
    return Verdict(
        expired=expired,
        vanished=vanished,
        ask=[one for one in doubtful if one.n not in settled][:_LONGEST_CONFIRMATION],
        noted=[one.n for one in doubtful if one.n not in settled and one.missed_run is None],
    )


def _is_too_much(count: int, alive: int) -> bool:
    return count > _MOST or (count > _MOST_OF_MANY and count * _SHARE > alive)


def _was_missed_before(one: Missed, served: Served) -> bool:
    return one.missed_run is not None and one.missed_run < served.run


def _is_between(one: Missed, served: Served) -> bool:
    if served.oldest is None or served.newest is None:
        return False
    return served.oldest < one.pos < served.newest
