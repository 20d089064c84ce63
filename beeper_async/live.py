"""The client's live events."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from .client import AsyncBeeperDesktop
    from .events.checkpoint import Checkpoint
    from .events.stream import EventStream


class LiveCalls:
    """What `AsyncBeeperDesktop` tells while it happens."""

    @property
    def _client(self) -> "AsyncBeeperDesktop":
        raise NotImplementedError

    def events(
        self,
        chat_ids: Sequence[str] | None = None,
        *,
        app_state: bool = False,
        since: "Checkpoint | None" = None,
        heartbeat: float = 30.0,
        check_every: float = 300.0,
        buffer: int = 1000,
    ) -> "EventStream":
        """Stream what happens, as it happens; nothing is missing, nothing comes twice.

            async with client.events() as events:
                async for event in events:
                    if isinstance(event, MessageCreated):
                        print(event.message.sender_name, event.recovered)

        Messages of a chat come in order. Lost connections are made again, and what happened
        meanwhile is fetched and delivered first, marked as `recovered`.

        Args:
            chat_ids: Only these chats; None for all.
            app_state: Also tell how the app's sign-in goes on (app 4.3 and later).
            since: What an earlier stream's `checkpoint()` gave: what happened since then is
                delivered first. None begins now.
            heartbeat: Seconds, 1 or more, within which a silent connection is noticed.
            check_every: Seconds, 1 or more, between looks for messages that the app never told.
            buffer: How many events may wait for a slow consumer, 1 or more. Beyond that the stream
                stops taking in events, and recovers them over HTTP once the consumer is there.

        Returns:
            A context manager to iterate over.

        Raises:
            AuthenticationError: On entering: the token is not valid.
            NotFoundError: On entering: the app is older than 4.2.557, or there is no such chat.
            SubscriptionError: On entering: the app refuses the subscription.
            APIError: On entering: no connection, even after `max_retries`.

        Endpoint: GET /v1/ws
        """
        from .events.stream import EventStream

        return EventStream(
            self._client,
            chat_ids,
            connect=self._client.connect,
            notify=self._client.transport.news.tell,
            app_state=app_state,
            since=since,
            heartbeat=heartbeat,
            check_every=check_every,
            buffer=buffer,
        )

    def follow(
        self, chat_id: str, *, since: "datetime | Checkpoint | None" = None
    ) -> "EventStream":
        """Stream one chat: its history first, then what happens, in order and without a seam.

        Args:
            chat_id: The chat's ID.
            since: Where the history begins: a time with a time zone, or a checkpoint; None for the
                first message.

        Returns:
            A context manager to iterate over. The history comes as `MessageCreated` events whose
            `recovered` is true.

        Raises:
            InvalidInputError: The time has no time zone.
            APIError: As from `events`.

        Endpoint: GET /v1/ws
        """
        from .events.stream import EventStream, checkpoint_at

        return EventStream(
            self._client,
            [chat_id],
            connect=self._client.connect,
            notify=self._client.transport.news.tell,
            since=checkpoint_at(since),
        )
