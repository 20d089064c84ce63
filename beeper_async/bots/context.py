"""What a handler gets: the event, and what one does with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from .._omit import Omit, omit
from ..errors import ClientUseError
from ..events.kinds import Event
from ..models.chat import Chat
from ..models.inputs import AttachmentInput
from ..models.message import Message, MessageSendResponse
from ..models.reaction import ReactionAddResponse
from .about import chat_of, message_of, person_of, text_of

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop

E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)


class HandlerSlot(Protocol):
    """A handler's place among those at work. It gives the place back while the handler waits."""

    def is_own(self, event: Event) -> bool:
        """Return whether the event is an action of the user."""
        ...

    async def wait_for(self, event_type: type[E], wanted: Callable[[E], bool], timeout: float) -> E:
        """Wait for an event, including those that came since the handler began.

        Raises:
            TimeoutError: No such event came within `timeout` seconds.
        """
        ...


class Context(Generic[E_co]):
    """One event on its way through one handler.

    Attributes:
        event: What happened.
        client: The client of the bot.
        args: For a command, the words after it; else empty.
    """

    def __init__(
        self, event: E_co, client: AsyncBeeperDesktop, args: Sequence[str], slot: HandlerSlot
    ) -> None:
        self.event = event
        self.client = client
        self.args = args
        self._slot = slot

    @property
    def chat_id(self) -> str:
        """The chat in which it happened.

        Raises:
            ClientUseError: The event is not about a chat.
        """
        chat_id = chat_of(self.event)
        if chat_id is None:
            raise ClientUseError(f"{type(self.event).__name__} is not about a chat.")
        return chat_id

    @property
    def message(self) -> Message:
        """The message that was written, edited, reacted to; a deleted one as it was.

        Raises:
            ClientUseError: The event is not about a message, or the deleted one was not known.
        """
        message = message_of(self.event)
        if message is None:
            raise ClientUseError(f"{type(self.event).__name__} has no message here.")
        return message

    @property
    def text(self) -> str:
        """The message's text without markup; empty if it has none."""
        return text_of(self.event)

    async def reply(
        self,
        text: str | Omit = omit,
        *,
        attachment: AttachmentInput | Mapping[str, Any] | Omit = omit,
    ) -> MessageSendResponse:
        """Reply to the message, as `client.messages.send` does.

        Args:
            text: Plain text or Markdown. A text or an attachment is needed.
            attachment: One file: `upload_id` from `assets.upload`, and what shall differ.

        Returns:
            The pending ID of the reply.

        Raises:
            InvalidInputError: There is neither a text nor an attachment; nothing was sent.
            OutcomeUnknownError: The app may have sent it or not.
            APIError: As from `messages.send`.
        """
        return await self.client.messages.send(
            self.chat_id, text=text, attachment=attachment, reply_to_message_id=self.message.id
        )

    async def react(self, key: str) -> ReactionAddResponse:
        """React to the message.

        Args:
            key: An emoji, a shortcode or a key of the network; not empty.

        Returns:
            What was queued.

        Raises:
            APIError: As from `chats.messages.reactions.add`.
        """
        return await self.client.chats.messages.reactions.add(
            self.message.id, chat_id=self.chat_id, reaction_key=key
        )

    async def mark_read(self) -> Chat:
        """Mark the chat as read up to the message.

        Returns:
            The chat.

        Raises:
            APIError: As from `chats.mark_read`.
        """
        return await self.client.chats.mark_read(self.chat_id, message_id=self.message.id)

    async def wait_for(
        self,
        event_type: type[E],
        predicate: Callable[[E], bool] | None = None,
        *,
        timeout: float = 60.0,
        anyone: bool = False,
    ) -> E:
        """Wait for the next event of this chat, by default from the same person.

        It comes here and goes to no handler. What happened since this handler began counts too,
        so an answer that is faster than the bot is not missed. Meanwhile the handler does not
        count against the bot's `concurrency`.

        Args:
            event_type: The class of events to wait for, or one above it.
            predicate: Takes such an event, and tells whether it is the one.
            timeout: Seconds to wait at most.
            anyone: Take it from anybody in the chat except the user.

        Returns:
            The event.

        Raises:
            TimeoutError: None came in time.
        """
        person = None if anyone else person_of(self.event)
        chat_id = chat_of(self.event)
        # A handler of own events talks with the user; any other must not hear the bot itself.
        own = self._slot.is_own(self.event)

        def wanted(event: E) -> bool:
            return (
                chat_of(event) == chat_id
                and (person is None or person_of(event) == person)
                and (own or not self._slot.is_own(event))
                and (predicate is None or predicate(event))
            )

        return await self._slot.wait_for(event_type, wanted, timeout)
