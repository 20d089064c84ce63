"""What no client can find, by narrow rules. What fits none of them is a fault. Pure."""

from __future__ import annotations

from functools import cache
from typing import Final

from attrs import field, frozen

from .store import PAGE, Chat, Message, State, Store

# A stream reads each chat within so many seconds of its beginning, even if some answers are bad.
_LEARNING: Final = 20.0
# A frame that went out so many seconds before its connection ended was received.
_RECEIVED: Final = 1.0


@frozen(eq=False)
class Facts:
    """What really happened, as far as it is needed to judge a consumer."""

    store: Store
    subscribed_at: float
    """When the first stream was open; what happened later has to be delivered."""
    closed_at: dict[int, float | None] = field(factory=dict[int, float | None])
    """When each connection ended, by number; None if it is open."""

    def is_news(self, message: Message) -> bool:
        """Whether a message was made while the consumer was subscribed."""
        return message.made_at > self.subscribed_at

    def was_told(self, message: Message, state: State) -> bool:
        """Whether a frame with all of that state has arrived."""
        return any(
            sent.is_whole and sent.state is state and self._arrived(sent.at, sent.connection)
            for sent in message.sent
        )

    def _arrived(self, at: float, connection: int) -> bool:
        closed_at = self.closed_at[connection]
        return closed_at is None or at + _RECEIVED <= closed_at

    @cache  # noqa: B019 - lives as long as one comparison
    def window(self, chat: Chat) -> frozenset[str]:
        """Return the IDs on the newest page of a chat at the time of the subscription.

        A stream has to read that much of each chat to know what was there before it.
        """
        then = [
            one
            for one in chat.messages
            if not self.is_news(one)
            if not (one.deleted == "gone" and one.state.at <= self.subscribed_at)
        ]
        return frozenset(one.id for one in then[-PAGE:])

    def _was_read(self, chat: Chat, at: float) -> bool:
        """Whether a stream knew before a time what is in a chat, or should have."""
        has_read = chat.first_read is not None and chat.first_read <= at
        return has_read or at > self.subscribed_at + _LEARNING

    # -- the rules ----------------------------------------------------------------------------

    def why_not_created(self, message: Message) -> str | None:
        """Return why nobody can know that a message was created; None if one can."""
        chat = message.chat
        # It came and went; what is not there any more is on no page.
        if message.is_deleted:
            return "it was there and gone"
        # The rest is about messages that look like history: an old time, or an old place.
        if not message.is_late:
            return None
        # Nothing below it was ever known, so it looks like history that was not read before.
        if not self._is_known_below(message):
            return "it came late, at or below the lowest known message"
        # The first page that was ever read already had it, and no frame told of it.
        if not (self._was_read(chat, message.made_at) or self.was_told(message, message.log[0])):
            return "it came late, before its chat was read for the first time"
        return None

    def why_not_changed(self, message: Message) -> str | None:
        """Return why nobody can know how a message changed last, or that it was deleted."""
        if self.is_news(message) or self.was_told(message, message.state):
            return None
        # Not on the newest page when the stream began, so nobody knows how it was before.
        if not message.ids & self.window(message.chat):
            return "it is older than what is known, and no frame told of its change"
        # The first page that was ever read already had the change.
        if not self._was_read(message.chat, message.state.at):
            return "it changed before its chat was read for the first time"
        return None

    def why_twice(self, message: Message) -> str | None:
        """Return why a message looks like two; None if one can see that it is one."""
        # The pending ID is not found any more, and no send status says what became of it.
        if message.former_id and not message.is_former_id_known and message.status is None:
            return "nothing leads from its pending ID to its final one"
        return None

    def _is_known_below(self, message: Message) -> bool:
        chat = message.chat
        window = self.window(chat)
        below = chat.messages[: chat.messages.index(message)]
        return any(
            one.is_readable
            and not one.is_deleted
            and one.made_at < message.made_at
            and (self.is_news(one) or one.id in window)
            for one in below
        )
