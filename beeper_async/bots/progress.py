"""How far the handlers of a bot have come."""

from collections.abc import Callable

from ..events.checkpoint import Checkpoint, Marks
from ..events.kinds import Event, MessageCreated


class Progress:
    """The messages that nothing is left to do for.

    Args:
        handed_out: Gives the checkpoint of the stream, which covers what it has handed out.
        is_idle: Tells whether nothing is left to do for anything that was handed out.
    """

    def __init__(self, handed_out: Callable[[], Checkpoint], is_idle: Callable[[], bool]) -> None:
        self._handed_out = handed_out
        self._is_idle = is_idle
        self._marks = Marks(handed_out())

    def done(self, event: Event) -> None:
        """Note that nothing is left to do for an event, nor for those before it in its chat."""
        # A change to an old message must not make what lies between it and the present new again.
        if isinstance(event, MessageCreated):
            self._marks.take(event.message)

    def checkpoint(self) -> Checkpoint:
        """Return a checkpoint that covers nothing unfinished."""
        if self._is_idle():
            self._marks = Marks(self._handed_out())
        return self._marks.checkpoint()
