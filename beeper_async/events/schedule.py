"""When a stream reads over HTTP, and how much it keeps. Pure."""

from typing import Final

from attrs import evolve, frozen

_TIMES: Final = (
    "look_gap",
    "check_every",
    "check_silent_every",
    "deep_every",
    "hold",
    "just_read",
    "shortest_backoff",
    "longest_backoff",
)


@frozen(kw_only=True)
class Schedule:
    """Times in seconds, and limits. The defaults are those of `client.events()`."""

    looks: tuple[float, ...] = (2.0, 20.0, 180.0, 1800.0, 18000.0)
    """How long after a live event of a chat its newest page is read: what the app dropped without
    a word is found then."""
    look_gap: float = 10.0
    """Least time between two such reads of one chat."""
    check_every: float = 300.0
    """Time between two reads of the list of chats."""
    check_silent_every: float = 30.0
    """The same while there are accounts that push nothing."""
    deep_every: float = 300.0
    """Least time between two re-reads of everything that is remembered."""
    hold: float = 3.0
    """Longest time that a live event waits for the backfill of its chat."""
    just_read: float = 10.0
    """How long after a response a frame may still arrive that is older than it."""
    shortest_backoff: float = 0.5
    longest_backoff: float = 60.0
    fresh: float = 120.0
    """A message whose time lies within so many seconds of its event is new, if it is unknown."""
    pool: int = 8
    """Maximum number of chats that are read at the same time."""
    slow_pool: int = 2
    """Maximum number of these that may be learned or re-read."""
    window: int = 10_000
    """Number of messages that are remembered, over all chats."""
    chat_window: int = 20
    """Number of messages that each chat keeps at least."""
    held: int = 20_000
    """Maximum number of live events that wait, of all chats together."""
    held_bytes: int = 64 * 2**20
    """The same in bytes."""

    def faster(self, factor: float) -> "Schedule":
        """Return the schedule with all times divided by a factor. For tests."""
        times = {name: getattr(self, name) / factor for name in _TIMES}
        return evolve(self, looks=tuple(one / factor for one in self.looks), **times)


USUAL: Final = Schedule()
"""The schedule of a stream, unless another one is passed."""
