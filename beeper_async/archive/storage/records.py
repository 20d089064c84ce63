"""What an archive stores of a record, from its JSON. Pure.

The JSON decides, not the models: what a model can't hold is stored too, and nothing has to be built
to compare two records. Whether a message can be read is still what the models say; a quick look at
the few required fields spares nearly all of them that test.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from zlib import crc32

import orjson

from ..._codec.decoder import decode_leniently
from ..._codec.errors import DecodeError
from ..._codec.fields import parse_time
from ..._codec.json_values import as_object
from ..._paging.sort_order import sort_order
from ...bots.text import plain_text
from ...models.chat import Chat
from ...models.message import Message

REACTION: Final = "REACTION"
"""The type of messages that are a reaction to another one."""

# They change all the time without the message being another one.
_MESSAGE_STATES: Final = ("seen", "isUnread", "sendStatus")
_CHAT_STATES: Final = (
    *("preview", "lastActivity", "lastReadMessageSortKey", "unreadCount", "unreadMentionsCount"),
    *("isMarkedUnread", "draft", "reminder", "snooze", "capabilities"),
)
_BOOL_OR_NONE: Final = (bool, type(None))
_HASH_SIZE: Final = 8
_SORTED: Final = orjson.OPT_SORT_KEYS


class UnreadableRecordError(ValueError):
    """A record that the library can't read. Its text names the places, never the values."""


class AttachmentRecord(NamedTuple):
    """One attachment of a message."""

    number: int
    url: str | None
    name: str | None
    kind: str | None
    mime: str | None
    size: int | None


class MessageRecord(NamedTuple):
    """The columns of a message."""

    id: str
    pos: str
    time: int
    sender: str
    type: str | None
    linked_id: str | None
    words: str | None
    raw: bytes
    hash: bytes
    is_deleted: bool
    is_pending: bool
    attachments: tuple[AttachmentRecord, ...]


class PersonRecord(NamedTuple):
    """The columns of a participant."""

    id: str
    name: str | None
    is_self: bool
    raw: bytes


class ChatRecord(NamedTuple):
    """The columns of a chat."""

    id: str
    local_id: str | None
    account: str
    network: str | None
    title: str
    type: str | None
    last_activity: int | None
    expiry: int | None
    is_merged: bool
    raw: bytes
    hash: bytes
    people: tuple[PersonRecord, ...]
    has_more_people: bool
    problem: str | None
    """Why the library can't read it, if it can't; its messages are archived all the same."""


def dump(value: Any) -> bytes:
    """Return a value as JSON; equal to what was received after parsing."""
    try:
        return orjson.dumps(value)
    except TypeError:  # an integer beyond 64 bits, or nested deeper than orjson goes
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def message_hash(raw: Mapping[str, Any]) -> bytes:
    """Return what distinguishes two states of a message.

    The first 8 bytes are those of the message, the rest those of what changes all the time.
    """
    return _hash(raw, _MESSAGE_STATES)


def is_same_content(one: bytes, other: bytes) -> bool:
    """Return whether two hashes are those of the same content."""
    return one[:_HASH_SIZE] == other[:_HASH_SIZE]


def _hash(raw: Mapping[str, Any], states: tuple[str, ...]) -> bytes:
    content = dict(raw)
    passing = [content.pop(name, None) for name in states]
    digest = hashlib.blake2b(_sorted(content), digest_size=_HASH_SIZE).digest()
    if any(one is not None for one in passing):
        digest += crc32(_sorted(passing)).to_bytes(4, "big")
    return digest


def _sorted(value: Any) -> bytes:
    try:
        return orjson.dumps(value, None, _SORTED)
    except TypeError:
        return json.dumps(value, sort_keys=True).encode()


def message_id(raw: Any) -> str | None:
    """Return the ID of a message that may be of any form."""
    value: Any = raw.get("id") if raw.__class__ is dict else None
    return value if isinstance(value, str) and value else None


def read_message(raw: dict[str, Any], hash: bytes) -> MessageRecord:
    """Derive the columns of a message.

    Raises:
        UnreadableRecordError: The library can't read it.
    """
    try:
        time = _milliseconds(parse_time(raw["timestamp"]))
        sender, sort_key, own_id = raw["senderID"], raw["sortKey"], raw["id"]
        is_plain = (
            sender.__class__ is sort_key.__class__ is own_id.__class__ is str
            and raw["accountID"].__class__ is raw["chatID"].__class__ is str
            and raw.get("isSender").__class__ in _BOOL_OR_NONE
        )
    except (LookupError, TypeError, ValueError, AttributeError):
        is_plain, time, sender, sort_key, own_id = False, 0, "", "", ""
    if not is_plain:
        message = _decoded(Message, raw)
        time, sender = _milliseconds(message.timestamp), message.sender_id
        sort_key, own_id = message.sort_key, message.id
    attachments = tuple(_attachments(raw.get("attachments")))
    return MessageRecord(
        own_id,
        sort_order(sort_key),
        time,
        sender,
        _text(raw.get("type")),
        _text(raw.get("linkedMessageID")),
        _words(raw.get("text"), attachments),
        dump(raw),
        hash,
        raw.get("isDeleted") is True,
        _is_pending(raw),
        attachments,
    )


def _words(text: Any, attachments: tuple[AttachmentRecord, ...]) -> str | None:
    words = plain_text(text) if isinstance(text, str) and text else ""
    if not attachments:
        return words or None
    return "\n".join([words, *(one.name for one in attachments if one.name)]).strip() or None


def _attachments(value: Any) -> Iterator[AttachmentRecord]:
    for number, entry in enumerate(_list(value)):
        one = as_object(entry)
        url = _text(one.get("id")) or _text(one.get("srcURL"))
        size = one.get("fileSize")
        expected = int(size) if isinstance(size, int | float) and 0 < size < 2**62 else None
        yield AttachmentRecord(
            number,
            url,
            _text(one.get("fileName")),
            _text(one.get("type")),
            _text(one.get("mimeType")),
            expected,
        )


def _is_pending(raw: Mapping[str, Any]) -> bool:
    return as_object(raw.get("sendStatus")).get("status") == "PENDING"


def read_chat(raw: Any) -> ChatRecord | None:
    """Derive the columns of a chat; None if not even its ID can be read."""
    chat_id = message_id(raw)
    if chat_id is None:
        return None
    people = as_object(raw.get("participants"))
    problem = None
    try:
        _decoded(Chat, raw)
    except UnreadableRecordError as error:
        problem = str(error)
    return ChatRecord(
        chat_id,
        _text(raw.get("localChatID")),
        _text(raw.get("accountID")) or "",
        _text(raw.get("network")),
        _text(raw.get("title")) or "",
        _text(raw.get("type")),
        moment(raw.get("lastActivity")),
        _seconds(raw.get("messageExpirySeconds")),
        isinstance(raw.get("merge"), dict),
        dump(raw),
        _hash(raw, _CHAT_STATES),
        tuple(_people(people.get("items"))),
        people.get("hasMore") is True,
        problem,
    )


def _people(entries: Any) -> Iterator[PersonRecord]:
    for raw in _list(entries):
        person_id = message_id(raw)
        if person_id is not None:
            names = (raw.get("fullName"), raw.get("username"), raw.get("phoneNumber"))
            name = next((one for one in names if isinstance(one, str) and one), None)
            yield PersonRecord(person_id, name, raw.get("isSelf") is True, dump(raw))


def _decoded(model: type[Any], raw: Any) -> Any:
    problems: list[str] = []
    try:
        return decode_leniently(model, raw).value
    except DecodeError as error:
        problems = error.problems
    except Exception as error:  # content that nobody foresaw is one record, and no end of a run
        problems = [type(error).__name__]
    raise UnreadableRecordError("; ".join(problems[:5]))


def _list(value: Any) -> list[Any]:
    entries: list[Any] = value if value.__class__ is list else []
    return entries


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _seconds(value: Any) -> int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 < value < 2**62 else None


def moment(value: Any) -> int | None:
    """Return a time of the wire in milliseconds since 1970, or None if it is none."""
    try:
        return _milliseconds(parse_time(value))
    except (TypeError, ValueError, AttributeError, OverflowError):
        return None


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _milliseconds(time: datetime) -> int:
    return round((time - _EPOCH).total_seconds() * 1000)


def time_of(milliseconds: int) -> datetime:
    """Return a time that was stored as milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
