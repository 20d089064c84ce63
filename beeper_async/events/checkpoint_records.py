"""Writes what is known as the records of a checkpoint, and reads it back. Pure.

The messages of a chat are cut into blocks where the checksum of an ID says so, not by their number:
then a message more or less changes one block, and all others are found again as they were.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias, cast
from zlib import crc32

import orjson
from attrs import frozen

from .._codec.fields import parse_time
from ..errors import InvalidInputError
from .checkpoint import HEADER, Checkpoint
from .ledger import Ledger
from .ledgers import Ledgers
from .outbox import Delivery
from .states import UNDELIVERED, State, compact

_Before: TypeAlias = tuple[State | None, str | None]
"""How a message was before an event, and the ID that it had, if that is another one."""

_KNOWN: Final[_Before] = (b"", None)
_BLOCK: Final = 64
_GONE: Final = 50
_CHAT: Final = "c"
_BLOCKS: Final = "b"
_INVALID: Final = "This is not a checkpoint of an event stream."


@frozen
class Identity:
    """Whose messages a checkpoint is about."""

    account: str | None = None
    """The Matrix user ID."""
    installation: str | None = None
    """The Matrix device ID: another one has other message IDs."""


class CheckpointWriter:
    """Writes checkpoints, and keeps the records of chats that did not change."""

    def __init__(self) -> None:
        self._chats: dict[str, tuple[Any, dict[str, str]]] = {}
        self._texts: dict[str, dict[str, tuple[State, str]]] = {}

    def write(
        self,
        ledgers: Ledgers,
        rows: Mapping[str, str],
        identity: Identity,
        unacknowledged: Iterable[Delivery],
    ) -> Checkpoint:
        """Return what is known, rolled back by everything that was not acknowledged.

        Args:
            ledgers: What is known.
            rows: The rows of the list of chats.
            identity: Whose messages they are.
            unacknowledged: The events, oldest first.
        """
        back: dict[str, dict[str, _Before]] = {}
        for delivery in unacknowledged:
            if delivery.ledger is not None and delivery.message_id is not None:
                states = back.setdefault(delivery.ledger.chat_id, {})
                before = delivery.before, delivery.previous_id
                states.setdefault(delivery.message_id, before)
        header = {
            "since": ledgers.since,
            "account": identity.account,
            "installation": identity.installation,
        }
        records = {HEADER: orjson.dumps(header).decode()}
        for ledger in ledgers:
            chat_id = ledger.chat_id
            records |= self._chat(ledger, rows.get(chat_id), back.get(chat_id, {}))
        return Checkpoint(records)

    def _chat(self, ledger: Ledger, row: str | None, back: Mapping[str, _Before]) -> dict[str, str]:
        """Return the records of a chat; those of last time if nothing changed."""
        waiting = (*ledger.held, *ledger.doubts)
        version = (id(ledger), ledger.version, row, tuple(back.items()), waiting)
        known = self._chats.get(ledger.chat_id)
        if known is None or known[0] != version:
            known = self._chats[ledger.chat_id] = version, self._written(ledger, row, back)
        return known[1]

    def _written(
        self, ledger: Ledger, row: str | None, back: Mapping[str, _Before]
    ) -> dict[str, str]:
        owed = dict(ledger.owed)
        states: dict[str, State] = dict(ledger.known)
        loose = dict(ledger.loose)
        for message_id, (before, previous_id) in back.items():
            was_created = previous_id is not None and back.get(previous_id, _KNOWN)[0] is None
            if before and not was_created:
                (loose if message_id in loose else states)[message_id] = before
                if previous_id is not None:
                    old = previous_id
                    states = {old if one == message_id else one: s for one, s in states.items()}
                continue
            if before is None or was_created:
                if message_id in states:  # it keeps its place
                    states[message_id] = UNDELIVERED
            else:
                owed[message_id] = message_id in ledger.gone
        for message_id, held in (ledger.held | ledger.doubts).items():
            is_known = message_id in states and message_id not in ledger.just_learned
            if held.state != b"" and not held.is_passing and not is_known:
                owed[message_id] = held.state is None
        previous = [one for _, one in back.values() if one is not None]
        texts = self._text_of(ledger, states)
        blocks = list(_blocks(states))
        chat: dict[str, Any] = {
            "blocks": [block[0] for block in blocks],
            "unverified": [one for one in states if one in ledger.unverified],
            "loose": {one: _encode(state) for one, state in loose.items()},
            "owed": owed,
            "sending": [one for one in (*ledger.sending, *previous) if one in states],
            "gone": [one for one in list(ledger.gone)[-_GONE:] if one not in back],
            "forgotten": ledger.forgotten,
            "horizon": ledger.horizon,
            "learned": [one for one in ledger.just_learned if one in states],
            "since": ledger.since,
            "row": row,
        }
        records = {_CHAT + ledger.chat_id: orjson.dumps(chat).decode()}
        for block in blocks:
            text = orjson.dumps({one: texts[one] for one in block}).decode()
            records[f"{_BLOCKS}{ledger.chat_id}\n{block[0]}"] = text
        return records

    def _text_of(self, ledger: Ledger, states: Mapping[str, State]) -> dict[str, str]:
        before = self._texts.get(ledger.chat_id, {})
        after: dict[str, tuple[State, str]] = {}
        for one, state in states.items():
            known = before.get(one)
            after[one] = known if known and known[0] is state else (state, _encode(state))
        self._texts[ledger.chat_id] = after
        return {one: text for one, (_, text) in after.items()}


def _blocks(message_ids: Iterable[str]) -> Iterable[list[str]]:
    block: list[str] = []
    for one in message_ids:
        if block and crc32(one.encode("utf-8", "replace")) % _BLOCK == 0:
            yield block
            block = []
        block.append(one)
    if block:
        yield block


def identity_in(checkpoint: Checkpoint) -> Identity:
    """Return whose messages a checkpoint is about.

    Raises:
        InvalidInputError: It is not one.
    """
    try:
        header = _read(checkpoint.records[HEADER])
    except (ValueError, KeyError, TypeError):
        raise InvalidInputError(_INVALID) from None
    return Identity(_text(header.get("account")), _text(header.get("installation")))


def restore(checkpoint: Checkpoint, ledgers: Ledgers, now: float) -> dict[str, str]:
    """Fill ledgers with what a checkpoint holds; return the rows of the list of chats.

    Args:
        checkpoint: The checkpoint.
        ledgers: Takes what is in it.
        now: The time by the clock of the event loop.

    Raises:
        InvalidInputError: It is not one.
    """
    try:
        ledgers.since = parse_time(_read(checkpoint.records[HEADER])["since"])
        rows: dict[str, str] = {}
        for key, text in checkpoint.records.items():
            if key.startswith(_CHAT):
                chat = _read(text)
                ledger = _ledger(key.removeprefix(_CHAT), chat, checkpoint.records)
                ledger.just_learned = dict.fromkeys(chat["learned"], now)
                ledgers.put(ledger)
                if chat["row"] is not None:
                    rows[key.removeprefix(_CHAT)] = str(chat["row"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInputError(_INVALID) from None
    return rows


def _ledger(chat_id: str, chat: Mapping[str, Any], records: Mapping[str, str]) -> Ledger:
    ledger = Ledger(chat_id, parse_time(chat["since"]))
    ledger.epoch = -1
    for first in chat["blocks"]:
        block = _read(records[f"{_BLOCKS}{chat_id}\n{first}"])
        ledger.known |= {one: base64.b85decode(text) for one, text in block.items()}
    ledger.unverified = set(chat["unverified"])
    ledger.loose = {one: base64.b85decode(text) for one, text in chat["loose"].items()}
    ledger.owed = {str(one): bool(is_deletion) for one, is_deletion in chat["owed"].items()}
    ledger.sending = dict.fromkeys(chat["sending"])
    ledger.gone = dict.fromkeys(chat["gone"])
    ledger.forgotten = None if chat["forgotten"] is None else float(chat["forgotten"])
    ledger.horizon = None if chat["horizon"] is None else float(chat["horizon"])
    return ledger


def _encode(state: State) -> str:
    return base64.b85encode(compact(state)).decode()


def _read(text: str) -> dict[str, Any]:
    value = orjson.loads(text)
    if not isinstance(value, dict):
        raise TypeError
    return cast("dict[str, Any]", value)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
