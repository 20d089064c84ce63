"""What a running bot does for its handlers, as they see it."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from .._http.uploads import FileInput
from ..models.attachment import Attachment
from ..models.chat import Chat
from ..models.message import Message
from .clock import Clock
from .job import Job
from .sent import Sent

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop

T = TypeVar("T")


class BotView(Protocol):
    """The bot as its handlers see it."""

    def __getitem__(self, kind: type[T]) -> T:
        """Return what `provide` was given of this class."""
        ...

    @property
    def client(self) -> AsyncBeeperDesktop:
        """The client of the bot."""
        ...

    @property
    def clock(self) -> Clock:
        """The time that the bot goes by."""
        ...

    def stop(self) -> None:
        """Let the bot end in good order."""
        ...

    async def send(
        self,
        chat_id: str,
        text: str = "",
        *,
        file: FileInput | Attachment | None = None,
        reply_to: str | None = None,
        plain: bool = False,
    ) -> Sent:
        """Send a message to a chat."""
        ...

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Run a coroutine in the background."""
        ...

    def state(self, kind: type[T], *key: str) -> AbstractContextManager[T]:
        """Open a state of the bot itself."""
        ...

    def jobs(self) -> list[Job]:
        """List what is planned."""
        ...


class Desk(Protocol):
    """What the run of a bot does for all its contexts."""

    @property
    def bot(self) -> BotView:
        """The bot."""
        ...

    async def chat(self, chat_id: str) -> Chat:
        """Return a chat, from memory while it has not changed."""
        ...

    async def is_group(self, chat_id: str) -> bool:
        """Return whether a chat is a group."""
        ...

    def is_chat(self, chat_id: str, names: frozenset[str]) -> bool:
        """Return whether a chat is one of those that are named."""
        ...

    async def is_me(self, message: Message, person_id: str) -> bool:
        """Return whether an ID is one of the account's own."""
        ...

    async def react(self, message_id: str, chat_id: str, key: str) -> None:
        """React to a message."""
        ...
