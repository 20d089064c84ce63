"""What a handler gets: the event, and what one does with it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from os import PathLike
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Final,
    Generic,
    Literal,
    ParamSpec,
    Protocol,
    TypeAlias,
    TypeVar,
    overload,
)

from .._http.uploads import FileInput
from ..errors import ClientUseError, InvalidInputError, NotFoundError
from ..events.kinds import Event, MessageCreated
from ..models.attachment import Attachment
from ..models.chat import Chat
from ..models.message import Message
from ..models.user import User
from .about import chat_of, message_id_of, message_of, person_of, text_of, time_of
from .desk import BotView, Desk
from .errors import NoAnswer, UsageError
from .job import Job, TimeUp
from .readers import UNREADABLE
from .sent import Sent
from .spans import Span

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop

E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)
P = ParamSpec("P")
T = TypeVar("T")

By: TypeAlias = Literal["others", "me", "anyone", "bot"]
"""Who did something: other people, you on any device, either of them, or this bot."""
Part: TypeAlias = Literal["chat", "person", "member", "message"]
"""What a state belongs to: a chat, a person in all chats, a person in one chat, a message."""
When: TypeAlias = "Callable[[Context[E]], bool | Awaitable[bool]]"
"""Says whether an event is wanted: a filter of `F`, a lambda, or a coroutine function."""


class Work(Protocol):
    """A handler at work."""

    async def wait_for(
        self,
        event_type: type[E],
        when: When[E] | None,
        timeout: Span,
        *,
        anyone: bool,
    ) -> Context[E]:
        """Wait for an event of the chat."""
        ...

    def state(self, kind: type[T], key: tuple[str, ...]) -> AbstractContextManager[T]:
        """Open a state."""
        ...

    def plan(
        self, delay: Span, job: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Job:
        """Plan a job."""
        ...

    def cancel_job(self, job_id: int) -> bool:
        """Cancel a job of the chat."""
        ...

    def ack(self) -> None:
        """Count the events as handled."""
        ...


class Context(Generic[E_co]):
    """One event on its way through one handler.

    Attributes:
        event: What happened.
        by: Who did it: "others", "me" or "bot".
        desk: What the bot does for filters.
    """

    __slots__ = ("_match", "_work", "by", "desk", "event")

    def __init__(self, event: E_co, by: By, desk: Desk, work: Work | None = None) -> None:
        self.event: Final = event
        self.by: Final[By] = by
        self.desk: Final = desk
        self._work = work
        self._match: re.Match[str] | None = None

    def __getitem__(self, kind: type[T]) -> T:
        """Return what `bot.provide` was given of this class.

        Raises:
            ClientUseError: It was given nothing of this class.
        """
        return self.desk.bot[kind]

    @property
    def bot(self) -> BotView:
        """The bot."""
        return self.desk.bot

    @property
    def client(self) -> AsyncBeeperDesktop:
        """The client of the bot."""
        return self.desk.bot.client

    @property
    def chat_id(self) -> str:
        """The chat in which it happened.

        Raises:
            ClientUseError: The event is not about a chat.
        """
        return self._known(chat_of(self.event), "is not about a chat")

    @property
    def message(self) -> Message:
        """The message that was written, edited, reacted to; a deleted one as it was.

        Raises:
            ClientUseError: The event is not about a message, or the deleted one was not known.
        """
        return self._known(message_of(self.event), "has no message here")

    @property
    def message_id(self) -> str:
        """The ID of the message; for a job, of the one that it was planned for.

        Raises:
            ClientUseError: The event is not about a message.
        """
        return self._known(message_id_of(self.event), "is not about a message")

    @property
    def text(self) -> str:
        """The message's text without markup; empty if it has none."""
        return text_of(self.event)

    @property
    def person_id(self) -> str:
        """The person who wrote or reacted; for a job, the one for whom it was planned.

        Raises:
            ClientUseError: The app does not say who it was.
        """
        return self._known(person_of(self.event), "does not say who it was")

    @property
    def at(self) -> datetime:
        """When it happened, by the app's clock; now if the event does not say."""
        return time_of(self.event) or self.desk.bot.clock.now()

    @property
    def age(self) -> timedelta:
        """How long ago it happened."""
        return self.desk.bot.clock.now() - self.at

    @property
    def match(self) -> re.Match[str]:
        """What `F.text` found in the text.

        Raises:
            ClientUseError: No filter looked for anything.
        """
        return self._known(self._match, "was not searched by F.text")

    @match.setter
    def match(self, found: re.Match[str]) -> None:
        self._match = found

    def at_work(self, work: Work) -> Context[E_co]:
        """Let the context be that of a handler at work; used by the bot."""
        self._work = work
        return self

    async def chat(self) -> Chat:
        """Return the chat, from memory while it has not changed.

        Raises:
            APIError: The app can't be asked.
        """
        return await self.desk.chat(self.chat_id)

    async def sender(self) -> User | None:
        """Return the person as a participant of the chat; None if the chat doesn't list them.

        Raises:
            APIError: The app can't be asked.
        """
        person_id = self.person_id
        people = (await self.chat()).participants.items
        return next((one for one in people if one.id == person_id), None)

    async def replied_to(self) -> Message | None:
        """Return the message that this one replies to; None if there is none, or not any more.

        Raises:
            APIError: The app can't be asked.
        """
        linked = self.message.linked_message_id
        if linked is None:
            return None
        try:
            return await self.client.messages.retrieve(linked, chat_id=self.chat_id)
        except NotFoundError:
            return None

    async def send(
        self,
        text: str = "",
        *,
        file: FileInput | Attachment | None = None,
        plain: bool = False,
    ) -> Sent:
        """Send a message to the chat.

        Args:
            text: Plain text or Markdown. A text or a file is needed.
            file: A file, as for `client.messages.send`, or one of a message that was received.
            plain: True if the text is shown as it is, without reading Markdown in it.

        Returns:
            What was sent.

        Raises:
            InvalidInputError: There is neither a text nor a file. No request is made.
            LoopBrakeError: The bot sends too much to this chat. No request is made.
            OutcomeUnknownError: The app may or may not have sent it.
            APIError: The call failed for another reason.
        """
        return await self.bot.send(self.chat_id, text, file=file, plain=plain)

    async def reply(
        self,
        text: str = "",
        *,
        file: FileInput | Attachment | None = None,
        plain: bool = False,
    ) -> Sent:
        """Reply to the message; in a job, to the message that it was planned for.

        A job whose message is not known any more, because the app was installed anew, sends to the
        chat instead.

        Args:
            text: As for `send`.
            file: As for `send`.
            plain: As for `send`.

        Returns:
            What was sent.

        Raises:
            OutcomeUnknownError: The app may or may not have sent it.
            APIError: As from `send`.
        """
        reply_to = message_id_of(self.event) if isinstance(self.event, TimeUp) else self.message_id
        return await self.bot.send(self.chat_id, text, file=file, plain=plain, reply_to=reply_to)

    async def react(self, key: str) -> None:
        """React to the message.

        Args:
            key: An emoji, a shortcode or a key of the network. Not empty.

        Raises:
            APIError: As from `chats.messages.reactions.add`.
        """
        await self.desk.react(self.message_id, self.chat_id, key)

    async def mark_read(self) -> None:
        """Mark the chat as read up to the message.

        Raises:
            APIError: As from `chats.mark_read`.
        """
        await self.client.chats.mark_read(self.chat_id, message_id=self.message_id)

    @overload
    async def download(self, to: None = None, *, attachment: Attachment | None = None) -> bytes: ...
    @overload
    async def download(
        self, to: str | PathLike[str], *, attachment: Attachment | None = None
    ) -> Path: ...
    async def download(
        self, to: str | PathLike[str] | None = None, *, attachment: Attachment | None = None
    ) -> bytes | Path:
        """Download a file of the message.

        Args:
            to: A file or a folder to write to, as for `write_to`. None means into memory.
            attachment: Which file. None means the first one.

        Returns:
            The content, or the path that was written to.

        Raises:
            ClientUseError: The message has no file.
            APIError: The download failed.
        """
        files = self.message.attachments or []
        file = attachment or (files[0] if files else None)
        url = None if file is None else file.id or file.src_url
        download = self.client.assets.serve(url=self._known(url, "has no file"))
        return await download.read() if to is None else await download.write_to(to)

    @overload
    async def ask(
        self, question: str, *, timeout: Span = 60, anyone: bool = False
    ) -> Context[MessageCreated]: ...
    @overload
    async def ask(
        self,
        question: str,
        read: Callable[[str], T],
        *,
        tries: int = 3,
        timeout: Span = 60,
        anyone: bool = False,
    ) -> T: ...
    async def ask(
        self,
        question: str,
        read: Callable[[str], Any] | None = None,
        *,
        tries: int = 3,
        timeout: Span = 60,
        anyone: bool = False,
    ) -> Any:
        """Ask a question, and wait for the next message of the person.

        The chat goes on meanwhile. The answer goes to no other handler, except listeners. A command
        is no answer.

        Args:
            question: The question, Markdown.
            read: Reads the answer; while it raises a ValueError, the question is repeated.
            tries: How often the question is put at most, if there is a `read`. At least 1.
            timeout: How long to wait for each answer.
            anyone: True if the answer may come from everybody in the chat but the bot.

        Returns:
            The context of the answer, or what `read` made of it.

        Raises:
            NoAnswer: None came in time, or none could be read.
            Superseded: The person began another conversation in this chat.
            APIError: As from `send`.
        """
        ctx: Context[Any] = self
        for _ in range(max(1, tries) if read is not None else 1):
            if message_id_of(ctx.event) is None:
                await ctx.send(question)
            else:
                await ctx.reply(question)
            answer = await self.wait_for(MessageCreated, timeout=timeout, anyone=anyone)
            if read is None:
                return answer
            try:
                return read(answer.text.strip())
            except UNREADABLE as error:
                if isinstance(error, UsageError):
                    question = str(error)
            ctx = answer
        raise NoAnswer("No answer could be read.")

    async def wait_for(
        self,
        event_type: type[E],
        *,
        when: When[E] | None = None,
        timeout: Span = 60,
        anyone: bool = False,
    ) -> Context[E]:
        """Wait for the next event of this chat, by default of the same person.

        What has happened since the handler's event counts too, unless it was handled already. So
        an answer that is faster than the bot is not missed.

        Args:
            event_type: The class of events to wait for, or a base class.
            when: Which of them. None means the next one.
            timeout: How long to wait.
            anyone: True if it may come from everybody in the chat but the bot.

        Returns:
            The context of the event.

        Raises:
            NoAnswer: None came in time.
            Superseded: The person began another conversation in this chat.
        """
        return await self._handler().wait_for(event_type, when, timeout, anyone=anyone)

    def state(self, kind: type[T], *, of: Part = "chat") -> AbstractContextManager[T]:
        """Open a state that the bot keeps: an object of a class of yours.

        It is made with the defaults of its class. If it has changed at the end of the `with`, and
        nothing was raised, it is stored when the handler ends, together with the fact that the
        event is handled.

        Args:
            kind: An attrs class, or another that cattrs can build, with a default for every field.
            of: What it belongs to: the chat, the person in all chats, the member (the person in
                this chat), or the message.

        Returns:
            A context manager for `with`.
        """
        return self._handler().state(kind, self._key(of))

    def after(
        self,
        delay: Span,
        job: Callable[Concatenate[Context[TimeUp], P], Coroutine[Any, Any, object]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Job:
        """Plan a job for later. It is kept over restarts.

        A job runs at least once. It belongs to the chat, the message and the person of this
        context. For an event that is handled late, the delay counts from when it happened.

        Args:
            delay: How long from now.
            job: A function that is registered with `job`.
            args: Its arguments after the context. They are stored as JSON.
            kwargs: Its arguments by name.

        Returns:
            The job.

        Raises:
            InvalidInputError: The function is not registered, or an argument can't be stored.
        """
        return self._handler().plan(delay, job, args, kwargs)

    def jobs(self) -> list[Job]:
        """List what is planned in this chat, the next one first."""
        chat_id = chat_of(self.event)
        return [job for job in self.bot.jobs() if job.chat_id == chat_id]

    def cancel(self, job_id: int) -> bool:
        """Cancel a job of this chat.

        Args:
            job_id: The job's ID.

        Returns:
            True if there was one that had not begun.
        """
        return self._handler().cancel_job(job_id)

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Run a coroutine in the background. Its failure is logged, and it ends with the bot."""
        self.bot.spawn(work)

    def ack(self) -> None:
        """Count the event as handled from now on, and store what was changed so far.

        Without it, an event counts as handled when its handlers have ended; after a crash before
        that, it comes again.
        """
        self._handler().ack()

    def _key(self, of: Part) -> tuple[str, ...]:
        if of == "chat":
            return of, self.chat_id
        if of == "person":
            return of, self.person_id
        if of == "member":
            return of, self.chat_id, self.person_id
        if of == "message":
            return of, self.chat_id, self.message_id
        raise InvalidInputError("of must be one of 'chat', 'person', 'member', 'message'.")

    def _handler(self) -> Work:
        return self._known(self._work, "is only looked at here; this is for handlers")

    def _known(self, value: T | None, problem: str) -> T:
        if value is None:
            raise ClientUseError(f"{type(self.event).__name__} {problem}.")
        return value


Ctx: TypeAlias = Context[MessageCreated]
"""The context of a new message."""
