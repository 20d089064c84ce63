"""The live events as a bot takes them: each one is acknowledged when it has been handled.

This is the only file of the bots that opens a stream.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ..events.checkpoint import Checkpoint
from ..events.checkpoint_records import identity_in

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop
    from ..events.stream import EventStream


@asynccontextmanager
async def open_feed(
    client: AsyncBeeperDesktop,
    *,
    chat_ids: Sequence[str] | None,
    app_state: bool,
    records: Mapping[str, str],
) -> AsyncGenerator[EventStream]:
    """Open the live events of a client.

    Args:
        client: The client.
        chat_ids: Only events of these chats. None means all.
        app_state: Whether to deliver the state of the app itself.
        records: The records of an earlier checkpoint: what was not acknowledged then comes first.

    Raises:
        InvalidInputError: The records are no checkpoint.
        OtherAccountError: They are from another account.
        APIError: The app can't be reached, or refuses.
    """
    since = Checkpoint(dict(records)) if records else None
    async with client.events(chat_ids, app_state=app_state, since=since) as stream:
        yield stream


def is_from_elsewhere(records: Mapping[str, str], stream: EventStream) -> bool:
    """Return whether records are from another installation of the app, with other message IDs.

    Args:
        records: The records of an earlier checkpoint, or none.
        stream: The stream that was opened with them.
    """
    if not records:
        return False
    before = identity_in(Checkpoint(records)).installation
    now = identity_in(stream.checkpoint()).installation
    return before is not None and before != now


def is_read_up(stream: EventStream) -> bool:
    """Return whether all that is known to have happened was taken, and the next event is awaited.

    Args:
        stream: The stream, of which the bot is the consumer.
    """
    core, outbox = stream._core, stream._outbox  # pyright: ignore[reportPrivateUsage]
    if not stream.connected or core is None or not core.is_caught_up:
        return False
    return outbox.is_awaited and not len(outbox)
