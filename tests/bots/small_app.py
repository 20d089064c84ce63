"""An app within the process, without sockets and HTTP: thousands of short scripts are played on it.

It knows of each event who caused it. Its answers may be later than its events, or get lost; its
network may change texts, and give messages their final IDs later.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote

import attrs
from attrs import define, field

from beeper_async import AsyncBeeperDesktop, Checkpoint, NotFoundError, OutcomeUnknownError
from beeper_async._http.request import Request
from beeper_async._response import RequestInfo, ResponseInfo
from beeper_async.events.kinds import (
    Event,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    ReactionAdded,
    ReactionRemoved,
    SendStatusChanged,
)
from beeper_async.models import (
    Account,
    Message,
    MessageSendResponse,
    MessageUpdateResponse,
    Reaction,
    ReactionAddResponse,
    ReactionDeleteResponse,
    User,
)

from ..live import NOON

Cause: TypeAlias = Literal["others", "me", "bot"]

ME = "@me:beeper.com"
ANN = "@ann:beeper.com"


@define
class Manners:
    """How the app and its network behave."""

    lateness: int = 0
    """Rounds of the loop between an event and the answer to the call that caused it."""
    changes_text: bool = False
    loses_answers: bool = False
    confirms_later: bool = False
    """Whether messages have their pending ID at first."""
    forgets_pending: bool = False
    """Whether it answers 404 to the pending ID of a message."""
    says_is_sender: bool = True
    lists_accounts: bool = True


@define(eq=False)
class SmallApp:
    """Chats, messages and the events of what happens to them."""

    manners: Manners
    messages: dict[str, Message] = field(factory=dict[str, Message])
    pending: dict[str, str] = field(factory=dict[str, str])
    """Present IDs by pending IDs."""
    events: list[tuple[Event, Cause]] = field(factory=list[tuple[Event, Cause]])
    news: asyncio.Event = field(factory=asyncio.Event)
    tries: set[tuple[str, str, str]] = field(factory=set[tuple[str, str, str]])
    """What bots have tried to do with reactions, also in vain: message, event and key."""
    calls: int = 0
    """Calls that are under way."""
    _numbers: int = 0

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _happens(self, event: Event, cause: Cause) -> None:
        self.events.append((event, cause))
        self.news.set()

    # -- what people and programs do ----------------------------------------------------------

    def write(self, chat_id: str, text: str | None, cause: Cause) -> str:
        """Let somebody write; gives the pending ID."""
        number = self._number()
        pending_id, message_id = f"m{number}", str(number)
        self.pending[pending_id] = message_id
        if cause == "bot" and self.manners.changes_text and text is not None:
            text = f"{text.upper()} as the network writes it"
        is_mine = cause != "others"
        message = Message(
            id=message_id,
            chat_id=chat_id,
            account_id="account",
            sender_id=ME if is_mine else ANN,
            sort_key=f"{number}000",
            timestamp=NOON,
            text=text,
            is_sender=is_mine if self.manners.says_is_sender else None,
        )
        if is_mine and self.manners.confirms_later:
            message = attrs.evolve(message, id=pending_id)
            self.pending[pending_id] = pending_id
        self.messages[message.id] = message
        self._happens(MessageCreated(message=message), cause)
        return pending_id

    def confirm(self) -> None:
        """Give all messages their final IDs."""
        for pending_id, message_id in self.pending.items():
            if pending_id == message_id:
                old = self.messages.pop(pending_id)
                new = attrs.evolve(old, id=old.sort_key.removesuffix("000"))
                self.messages[new.id] = new
                self.pending[pending_id] = new.id
                cause: Cause = next(
                    cause
                    for event, cause in self.events
                    if isinstance(event, MessageCreated) and event.message_id == pending_id
                )
                event = SendStatusChanged(message=new, before=old, previous_id=pending_id)
                self._happens(event, cause)

    def _of(self, cause: Cause, nth: int) -> Message | None:
        """Return one of the messages that somebody may edit: the user those of this device too."""
        sender_id = ANN if cause == "others" else ME
        fitting = [one for one in self.messages.values() if one.sender_id == sender_id]
        return fitting[nth % len(fitting)] if fitting else None

    def edit(self, message: Message, text: str, cause: Cause) -> None:
        """Let somebody edit a message."""
        if cause == "bot" and self.manners.changes_text:
            text = f"{text.upper()} as the network writes it"
        new = self.messages[message.id] = attrs.evolve(message, text=text)
        self._happens(MessageEdited(message=new, before=message), cause)

    def edit_one(self, nth: int, text: str, cause: Cause) -> None:
        """Let somebody edit one of the messages that are not the bot's."""
        message = self._of(cause, nth)
        if message is not None and self.author_of(message.id) == cause:
            self.edit(message, text, cause)

    def author_of(self, message_id: str) -> Cause:
        """Return who has written a message."""
        return next(
            cause
            for event, cause in self.events
            if isinstance(event, MessageCreated)
            and message_id in (event.message_id, event.message.sort_key.removesuffix("000"))
        )

    def react(self, message: Message, key: str, cause: Cause) -> bool:
        """Let somebody react."""
        person_id = ANN if cause == "others" else ME
        reactions = tuple(message.reactions or ())
        if any((one.participant_id, one.reaction_key) == (person_id, key) for one in reactions):
            return False
        one = Reaction(id=person_id + key, participant_id=person_id, reaction_key=key)
        new = attrs.evolve(message, reactions=[*reactions, one])
        self.messages[message.id] = new
        self._happens(ReactionAdded(message=new, before=message, reaction=one), cause)
        return True

    def unreact(self, message: Message, key: str, cause: Cause) -> bool:
        """Let somebody take a reaction back."""
        person_id = ANN if cause == "others" else ME
        reactions = list(message.reactions or ())
        for one in reactions:
            if (one.participant_id, one.reaction_key) == (person_id, key):
                left = [other for other in reactions if other is not one]
                new = self.messages[message.id] = attrs.evolve(message, reactions=left)
                self._happens(ReactionRemoved(message=new, before=message, reaction=one), cause)
                return True
        return False

    def delete(self, message: Message, cause: Cause) -> None:
        """Let somebody delete a message."""
        del self.messages[message.id]
        self.pending = {key: one for key, one in self.pending.items() if one != message.id}
        event = MessageDeleted(chat_id=message.chat_id, message_id=message.id, before=message)
        self._happens(event, cause)

    # -- its HTTP -----------------------------------------------------------------------------

    async def answer(self, request: Request[Any]) -> Any:
        """Do what a call says, and answer it some rounds later."""
        name = request.name.rpartition("messages.")[2]
        if request.name == "accounts.list":
            if not self.manners.lists_accounts:
                raise _not_found(request)
            return [Account(account_id="account", user=User(id=ME))]
        if request.name == "app.setup.retrieve":
            raise _not_found(request)
        parts = [unquote(part) for part in request.path.partition("?")[0].split("/")]
        if request.name == "chats.retrieve":
            raise _not_found(request)
        chat_id, message_id = parts[3], parts[5] if len(parts) > 5 else ""
        self.calls += 1
        try:
            answer = self._do(name, request, chat_id, message_id)
            for _ in range(self.manners.lateness):
                await asyncio.sleep(0)
        finally:
            self.calls -= 1
        if name == "send" and self.manners.loses_answers:
            raise OutcomeUnknownError("lost", request=_info(request))
        return answer

    def _do(self, name: str, request: Request[Any], chat_id: str, message_id: str) -> Any:
        body: dict[str, Any] = request.body or {}
        if name == "send":
            pending_id = self.write(chat_id, body.get("text"), "bot")
            return MessageSendResponse(chat_id=chat_id, pending_message_id=pending_id)
        if message_id in self.pending and self.manners.forgets_pending:
            raise _not_found(request)
        message = self.messages.get(self.pending.get(message_id, message_id))
        if message is None:
            raise _not_found(request)
        if name == "retrieve":
            return message
        where: dict[str, Any] = {"chat_id": chat_id, "message_id": message.id, "success": True}
        if name == "update":
            self.edit(message, body["text"], "bot")
            return MessageUpdateResponse(**where, text=self.messages[message.id].text)
        if name == "delete":
            self.delete(message, "bot")
            return None
        if name == "reactions.add":
            key: str = body["reactionKey"]
            self.tries.add((message.sort_key, "ReactionAdded", key))
            self.react(message, key, "bot")
            return ReactionAddResponse(**where, reaction_key=key, transaction_id="1")
        assert name == "reactions.delete", name
        key = unquote(request.path.rpartition("/")[2])
        self.tries.add((message.sort_key, "ReactionRemoved", key))
        if not self.unreact(message, key, "bot"):
            raise _not_found(request)
        return ReactionDeleteResponse(**where, reaction_key=key)

    def client(self) -> AsyncBeeperDesktop:
        """Return a client of this app."""
        client = AsyncBeeperDesktop(access_token="token", base_url="http://127.0.0.1:1")
        client._caller = SmallCaller(self)  # type: ignore[assignment]
        return client


class SmallCaller:
    """Stands in for the transport of a client."""

    def __init__(self, app: SmallApp) -> None:
        self._app = app
        self.is_dead = False
        """Whether its program was killed: nothing of it reaches the app any more."""

    def until(self, deadline: float | None) -> SmallCaller:
        return self

    async def app_version(self) -> tuple[int, int, int]:
        return (4, 3, 73)

    async def send(self, request: Request[Any]) -> Any:
        if self.is_dead:
            raise asyncio.CancelledError
        return await self._app.answer(request)


def _info(request: Request[Any]) -> RequestInfo:
    return RequestInfo(request.name, request.method, request.path)


def _not_found(request: Request[Any]) -> NotFoundError:
    info = _info(request)
    return NotFoundError("no", request=info, response=ResponseInfo(info, 404, {}, 0.0, 0))


# -- its events ---------------------------------------------------------------------------------


@define(eq=False)
class SmallDelivery:
    """An event until it is acknowledged."""

    event: Event
    number: int
    feed: SmallFeed

    def acknowledge(self) -> None:
        """Note that it has been handled."""
        self.feed.open.discard(self.number)


@define(eq=False)
class SmallFeed:
    """The events of an app from a checkpoint on: those that were not acknowledged come again."""

    app: SmallApp
    open: set[int]
    """The numbers of those that were not acknowledged."""
    next: int
    connected: bool = True

    async def deliveries(self) -> AsyncIterator[SmallDelivery]:
        """Deliver events as they happen."""
        for number in sorted(self.open):
            event = attrs.evolve(self.app.events[number][0], recovered=True)
            yield SmallDelivery(event, number, self)
        while True:
            while self.next < len(self.app.events):
                number, self.next = self.next, self.next + 1
                self.open.add(number)
                yield SmallDelivery(self.app.events[number][0], number, self)
            self.app.news.clear()
            await self.app.news.wait()

    @property
    def is_idle(self) -> bool:
        """Whether everything was delivered and acknowledged."""
        return not self.open and self.next == len(self.app.events)

    def checkpoint(self) -> Checkpoint:
        """Return what is left to be handled."""
        return Checkpoint({"": json.dumps({"open": sorted(self.open), "next": self.next})})


@define(eq=False)
class Feeds:
    """Stands in for `open_feed`."""

    app: SmallApp
    now: SmallFeed | None = None

    @asynccontextmanager
    async def open(self, client: AsyncBeeperDesktop, **options: Any) -> AsyncGenerator[Any]:
        """Open the events of the app."""
        records = options["records"]
        saved: Any = json.loads(records[""]) if records else {}
        old: list[int] = saved.get("open", [])
        following: int = saved.get("next", len(self.app.events))
        missed = range(following, len(self.app.events))
        self.now = SmallFeed(self.app, {*old, *missed}, len(self.app.events))
        yield self.now
