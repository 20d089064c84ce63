"""How far the handlers of a bot have come."""

from collections.abc import Callable

from ..events.checkpoint import Checkpoint
from ..events.kinds import Event
from ..events.outbox import Delivery


class Progress:
    """The events that nothing is left to do for.

    Args:
        checkpoint: Returns the checkpoint of the stream, which covers what was acknowledged.
    """

    def __init__(self, checkpoint: Callable[[], Checkpoint]) -> None:
        self.checkpoint = checkpoint
        self._deliveries: dict[int, Delivery] = {}

    def begun(self, delivery: Delivery) -> None:
        """Note that an event was taken."""
        self._deliveries[id(delivery.event)] = delivery

    def done(self, event: Event) -> None:
        """Note that nothing is left to do for an event."""
        delivery = self._deliveries.pop(id(event), None)
        if delivery is not None:
            delivery.acknowledge()
