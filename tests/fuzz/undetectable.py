"""What no client can find, by narrow rules. What fits none of them is a fault. Pure."""

from __future__ import annotations

from typing import Final

from attrs import field, frozen

from .store import PAGE, Chat, Message, State, Store

# A stream reads each chat within so many seconds of its beginning, even if some answers are bad.
_LEARNING: Final = 30.0
# A frame that went out so many seconds before its connection ended was received.
# Less than a response takes.
_BRIEF: Final = 10.0
_RECEIVED: Final = 0.1


@frozen(eq=False)
class Facts:
    """What really happened, as far as it is needed to judge a consumer."""

    store: Store
    subscribed_at: float
    """When the first stream was open; what happened later has to be delivered."""
    closed_at: dict[int, float | None] = field(factory=dict[int, float | None])
    """When each connection ended, by number; None if it is open."""
    restarted_at: list[float] = field(factory=list[float])
    """When a stream was closed, to go on at its checkpoint."""

    def is_news(self, message: Message) -> bool:
        """Whether a message was made while the consumer was subscribed."""
        return message.made_at > self.subscribed_at

    def was_told(self, message: Message, state: State) -> bool:
        """Whether a frame with all of that state has arrived."""
        return any(
            sent.is_whole and sent.state is state and self._arrived(sent.at, sent.connection)
            for sent in message.sent
        )

    # -- the rules ----------------------------------------------------------------------------

    def why_not_created(self, message: Message) -> str | None:
        """Return why nobody can know that a message was created; None if one can."""
        # It came and went; what is not there any more is on no page.
        if message.is_deleted:
            return "it was there and gone"
        return self.why_history(message)

    def why_mislabelled(self, message: Message) -> str | None:
        """Return why a new message looks like a change of an old one; None if it doesn't."""
        if message.is_late and not self._was_read(message.chat, message.made_at):
            return "it came late, before its chat was read for the first time"
        return self.why_not_created(message)

    def why_history(self, message: Message) -> str | None:
        """Return why a new message looks like one from before the stream; None if it doesn't."""
        # One with the newest time, at the newest place, never does.
        if not message.is_late:
            return None
        # Nothing below it was ever known, so it looks like history that was not read before.
        if not self._is_known_below(message):
            return "it came late, at or below the lowest known message"
        # The first page that was ever read already had it, and no frame brought it.
        was_read = self._was_read(message.chat, message.made_at)
        if not was_read and not self.was_told(message, message.log[0]):
            return "it came late, before its chat was read for the first time"
        return None

    def why_not_changed(self, message: Message) -> str | None:
        """Return why nobody can know how a message changed last, or that it was deleted."""
        is_known_since = self.is_news(message) and self.why_history(message) is None
        if self._was_brief(message) or self._was_unseen(message) or self._was_cut(message):
            return "it changed and changed back"
        if is_known_since or self.was_told(message, message.state):
            return None
        # Not on the newest page when the stream began, so nobody knows how it was before.
        if message not in self.window(message.chat):
            return "it is older than what is known, and no frame brought its change"
        # The first page that was ever read already had the change.
        if not self._was_read(message.chat, message.state.at):
            return "it changed before its chat was read for the first time"
        return None

    def _was_unseen(self, message: Message) -> bool:
        """Return whether the last change took back the one before it, which no frame brought."""
        if len(message.log) < 3 or not _is_same(message.log[-3], message.log[-1]):
            return False
        return not self.was_told(message, message.log[-2])

    def _was_cut(self, message: Message) -> bool:
        """Return whether a stream ended before the last change took back the one before it.

        Its consumer had not acknowledged that one, and the next stream finds the last state only.
        """
        if len(message.log) < 3 or not _is_same(message.log[-3], message.log[-1]):
            return False
        return any(message.log[-2].at <= at <= message.log[-1].at for at in self.restarted_at)

    @staticmethod
    def _was_brief(message: Message) -> bool:
        """Return whether the last change took back the one before it, at nearly the same time.

        A response that a frame made necessary shows the message as it was.
        """
        if len(message.log) < 3:
            return False
        before, between, now = message.log[-3:]
        return _is_same(before, now) and now.at - between.at < _BRIEF

    def why_twice(self, message: Message) -> str | None:
        """Return why a message looks like two; None if one can see that it is one."""
        # The pending ID is not found any more, and no send status says what became of it.
        if message.former_id and not message.is_former_id_known and message.status is None:
            return "nothing leads from its pending ID to its final one"
        # And if it is gone before anything showed its final ID, no content tells, either.
        if message.former_id and message.is_deleted and not self._was_shown(message):
            return "only its deletion named its final ID"
        return None

    def _was_shown(self, message: Message) -> bool:
        """Whether a frame or a response held the message under its final ID."""
        served = message.last_served
        was_served = served is not None and served.id == message.id
        return was_served or any(
            self.was_told(message, state)
            for state in message.log
            if state.id == message.id and not state.is_deleted
        )

    # -- what they rest on --------------------------------------------------------------------

    def window(self, chat: Chat) -> list[Message]:
        """Return what a stream has to know of a chat at its beginning: the newest page.

        That is the page which it read first, unless it took too long to do so.
        """
        first_read = chat.first_read
        if first_read is not None and first_read <= self.subscribed_at + _LEARNING:
            return chat.first_page
        then = [
            one
            for one in chat.messages
            if not self.is_news(one)
            if not (one.deleted == "gone" and one.state.at <= self.subscribed_at)
        ]
        return then[-PAGE:]

    def _was_read(self, chat: Chat, at: float) -> bool:
        """Whether a stream knew before a time what is in a chat, or should have."""
        has_read = chat.first_read is not None and chat.first_read <= at
        return has_read or at > self.subscribed_at + _LEARNING

    def _is_known_below(self, message: Message) -> bool:
        chat = message.chat
        window = self.window(chat)
        return any(
            one.is_readable
            and not one.is_deleted
            and one.made_at < message.made_at
            and (one in window or (self.is_news(one) and self.why_history(one) is None))
            for one in chat.messages[: chat.messages.index(message)]
        )

    def _arrived(self, at: float, connection: int) -> bool:
        closed_at = self.closed_at[connection]
        return closed_at is None or at + _RECEIVED <= closed_at


def _is_same(one: State, other: State) -> bool:
    return (one.text, one.edited, one.reactions) == (other.text, other.edited, other.reactions)
