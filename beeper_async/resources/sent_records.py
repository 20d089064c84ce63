"""What a client has sent: IDs and digests, so that it is recognised, but no text of it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Final, Literal, TypeAlias
from uuid import uuid4

from attrs import define, field

from ..errors import APIStatusError, InternalServerError, OutcomeUnknownError
from ..models.message import Message
from .sent_text import words_sent, words_shown

Act: TypeAlias = Literal["react", "unreact", "edit", "delete"]
"""What is done to a message that exists."""
Keeper: TypeAlias = Callable[[Mapping[str, str | None]], object]
"""Takes records that are new or changed, by their keys; None for those that are gone."""

MOST: Final = 10_000
"""So many IDs are known; the oldest is forgotten first."""
SECONDS_OPEN: Final = 600.0
"""So long a message is looked for of which only the look is known."""
_OPEN: Final = "open "
# The same emoji with and without the sign that asks for a picture.
_VARIATION: Final = "\ufe0f"


@define(eq=False)
class Sending:
    """A message that was sent, and that has not been seen since."""

    key: str
    chat_id: str | None
    """As the call named it, then as the app did. None for the first message of a new chat."""
    looks: frozenset[str]
    """Digests of what one may read of it."""
    at: float
    pending_id: str | None = None
    is_over: asyncio.Event = field(factory=asyncio.Event)
    """Set when the call has ended."""

    def written(self) -> str:
        """Return it as text, to be kept."""
        return json.dumps([self.chat_id, sorted(self.looks), self.pending_id])


@define(eq=False)
class _Doing:
    """A call that does something to a message, while it is under way."""

    act: Act
    new: set[str]
    """What was not known before it."""
    is_over: asyncio.Event = field(factory=asyncio.Event)


class SentRecords:
    """What a client has sent and done, for as long as it takes to recognise it.

    Of messages it holds their IDs, and of those that were not seen yet also a digest of what one
    reads, without markup. Nothing that was written can be read from it.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, str] = OrderedDict()
        """Digests; that of a message which has got another ID, with the ID of before."""
        self._open: dict[str, Sending] = {}
        self._real_chats: set[str] = set()
        self._doing: list[_Doing] = []
        self._keepers: list[Keeper] = []

    def __len__(self) -> int:
        return len(self._known) + len(self._open)

    # -- over restarts ------------------------------------------------------------------------

    @contextmanager
    def kept_by(self, keeper: Keeper) -> Generator[None]:
        """Hand all changes to a keeper, as they are made.

        Args:
            keeper: Called with them.
        """
        self._keepers.append(keeper)
        try:
            yield
        finally:
            self._keepers.remove(keeper)

    def restore(self, records: Mapping[str, str]) -> None:
        """Add what a keeper was handed in an earlier run.

        Args:
            records: The records by their keys, oldest first.
        """
        for key, text in records.items():
            if key.startswith(_OPEN):
                chat_id, looks, pending_id = json.loads(text)
                one = Sending(key, chat_id, frozenset(looks), time.time(), pending_id)
                one.is_over.set()  # with the program that made the call
                self._open[key] = one
            else:
                self._known[key] = text

    def forget(self, keys: Iterable[str]) -> None:
        """Forget what belongs to messages that have other IDs by now.

        Args:
            keys: The keys of the records.
        """
        gone = list(keys)
        for key in gone:
            self._known.pop(key, None)
            self._open.pop(key, None)
        self._change(dict.fromkeys(gone))

    def _change(self, changes: Mapping[str, str | None]) -> None:
        for keeper in self._keepers:
            keeper(changes)

    # -- messages -----------------------------------------------------------------------------

    @contextmanager
    def sending(
        self, chat_id: str | None, text: object, *, has_file: bool = False
    ) -> Generator[Sending]:
        """Note that a message is sent inside the `with`. `answered` says what came of it.

        Args:
            chat_id: The chat, as the call names it; None if the call makes it.
            text: Its text; anything else means none.
            has_file: Whether a file is attached.
        """
        words = words_sent(text) if isinstance(text, str) else {""}
        looks = frozenset(_look(one, has_file=has_file) for one in words)
        one = Sending(_OPEN + uuid4().hex, chat_id, looks, time.time())
        self._open[one.key] = one
        # Before it is sent: a program may end at any moment.
        self._change({**dict.fromkeys(self._outdated()), one.key: one.written()})
        try:
            yield one
        except OutcomeUnknownError:
            raise
        except Exception:  # not a cancellation, which says nothing of what the app does
            self._close(one)
            raise
        finally:
            one.is_over.set()

    def _outdated(self) -> list[str]:
        oldest = time.time() - SECONDS_OPEN
        too_many = len(self._open) - MOST
        gone = [
            key
            for n, (key, one) in enumerate(self._open.items())
            if n < too_many or one.at < oldest
        ]
        for key in gone:
            del self._open[key]
        return gone

    def _close(self, one: Sending) -> None:
        if self._open.pop(one.key, None) is not None:
            self._change({one.key: None})

    def answered(self, one: Sending | None, chat_id: str, pending_id: str | None = None) -> None:
        """Note what the app has answered.

        Args:
            one: What `sending` yielded; None if nothing was sent.
            chat_id: The chat that it went to.
            pending_id: The ID that it has for the time being, if the app says so.
        """
        self._real_chats.add(chat_id)
        if one is None:
            return
        one.chat_id, one.pending_id = chat_id, pending_id
        changes: dict[str, str | None] = {one.key: one.written()}
        if pending_id is not None:
            changes |= self._learn(_id(chat_id, pending_id))
        self._change(changes)

    def found(self, pending_id: str, message: Message) -> None:
        """Note the ID that a message has which was asked for by another one.

        Args:
            pending_id: The ID that it was asked for by.
            message: The message.
        """
        if message.id != pending_id:
            for one in list(self._open.values()):
                if one.pending_id == pending_id and one.chat_id == message.chat_id:
                    self.seen(message, one)

    def seen(self, message: Message, one: Sending | None = None) -> None:
        """Note that a message is one of ours.

        Args:
            message: The message.
            one: What it was sent as, which is not to be looked for any more.
        """
        changes = self._learn(_id(message.chat_id, message.id))
        if one is not None and self._open.pop(one.key, None) is not None:
            changes[one.key] = None
        self._change(changes)

    def has(self, chat_id: str, message_id: str) -> bool:
        """Return whether an ID, final or pending, is that of a message that was sent."""
        return _id(chat_id, message_id) in self._known

    def is_open(self, one: Sending) -> bool:
        """Return whether a message is still looked for."""
        return one.key in self._open

    def open_for(self, message: Message) -> list[Sending]:
        """Return what a message could have been sent as: first what looks the same."""
        self._real_chats.add(message.chat_id)
        if not self._open:
            return []
        self._change(dict.fromkeys(self._outdated()))
        here = [
            one
            for one in self._open.values()
            # A merged chat, or the local ID of one, is answered with another ID.
            if one.chat_id == message.chat_id or one.chat_id not in self._real_chats
        ]
        looks = looks_of(message)
        return sorted(here, key=lambda one: one.looks.isdisjoint(looks))

    def renamed(self, before: str, message_id: str) -> None:
        """Note that a message has another ID now, so that what was done to it stays known.

        Args:
            before: The ID that it had.
            message_id: The ID that it has.
        """
        key = _name(message_id)
        self._known[key] = before
        self._change(self._learn(key))

    # -- what is done to messages -------------------------------------------------------------

    @contextmanager
    def acting(self, act: Act, message_id: str, *details: str) -> Generator[None]:
        """Note that something is done to a message inside the `with`.

        Args:
            act: What is done.
            message_id: The ID of the message, as the call names it.
            details: What tells it apart: for a reaction its key, for an edit each text as one may
                read it.
        """
        keys = [_act(act, message_id, one) for one in details or ("",)]
        doing = _Doing(act, {key for key in keys if key not in self._known})
        self._doing.append(doing)
        self._change(self._learn(*keys))
        try:
            yield
        except InternalServerError:
            raise
        except APIStatusError:  # the app has refused it
            for key in doing.new:
                self._forget(key)
            raise
        finally:
            self._doing.remove(doing)
            doing.is_over.set()

    def done(self, act: Act, message_id: str, *details: str) -> None:
        """Note that something was done to a message, in the words of the app.

        Args:
            act: What was done.
            message_id: The ID of the message.
            details: As for `acting`.
        """
        keys = [_act(act, message_id, one) for one in details or ("",)]
        for doing in self._doing:  # another call that is refused does not undo this one
            doing.new.difference_update(keys)
        self._change(self._learn(*keys))

    async def has_done(self, act: Act, message_id: str, detail: str = "") -> bool:
        """Return whether this client did something; wait for calls that are under way.

        Args:
            act: What was done.
            message_id: The ID of the message.
            detail: As for `acting`.
        """
        if self._key(act, message_id, detail) in self._known:
            return True
        for doing in [one for one in self._doing if one.act == act]:
            await doing.is_over.wait()
        return self._key(act, message_id, detail) in self._known

    def take(self, act: Act, message_id: str, detail: str = "") -> bool:
        """Return whether something was done, and forget that it was."""
        return self._forget(self._key(act, message_id, detail))

    def _key(self, act: Act, message_id: str, detail: str) -> str:
        """Return what an act is known by: with the ID of the message then, if it has another."""
        key = _act(act, message_id, detail)
        before = self._known.get(_name(message_id))
        return key if before is None or key in self._known else _act(act, before, detail)

    def _forget(self, key: str) -> bool:
        if key not in self._known:
            return False
        del self._known[key]
        self._change({key: None})
        return True

    def _learn(self, *keys: str) -> dict[str, str | None]:
        changes: dict[str, str | None] = {}
        for key in keys:
            self._known.setdefault(key, "")
            self._known.move_to_end(key)
            changes[key] = self._known[key]
        while len(self._known) > MOST:
            oldest, _ = self._known.popitem(last=False)
            changes[oldest] = None
        return changes


def looks_of(message: Message) -> set[str]:
    """Return digests of what one may read of a message."""
    has_file = bool(message.attachments)
    return {_look(words, has_file=has_file) for words in words_shown(message.text)}


def plain_key(reaction_key: str) -> str:
    """Return the key of a reaction without what networks add or leave out."""
    return reaction_key.replace(_VARIATION, "") or reaction_key


def _look(words: str, *, has_file: bool) -> str:
    return _digest("look", "file" if has_file else "", words)


def _id(chat_id: str, message_id: str) -> str:
    return _digest("id", chat_id, message_id)


def _name(message_id: str) -> str:
    return _digest("name", message_id)


def _act(act: Act, message_id: str, detail: str) -> str:
    # Without the chat, which a call may name in several ways: the IDs of messages differ.
    return _digest(act, message_id, detail)


def _digest(*parts: str) -> str:
    coded = "\n".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(coded, digest_size=12).hexdigest()
