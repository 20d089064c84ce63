"""What is remembered of a message: the bytes that were received, or a digest. Pure.

Bytes are kept instead of models because they are cheap: the garbage collector does not visit them.
A digest has 6 bytes of content and 4 of each reaction, so it tells what kind of change there was,
but not how the message was before.
"""

import hashlib
import struct
from collections.abc import Callable
from typing import Any, Final, TypeAlias
from zlib import crc32

import orjson
from attrs import evolve, frozen

from .._codec.decoder import decode_leniently
from .._codec.errors import DecodeError
from .._codec.fields import parse_time
from .._codec.json_text import JSONError, loads, loads_exactly
from ..models.message import Message
from ..models.reaction import Reaction

State: TypeAlias = bytes
"""JSON of a message or of the frame that holds it, or a digest; the first byte tells which."""

REACTION: Final = "REACTION"
"""The type of messages that are a reaction to another one."""

_JSON: Final = b"{"
_DIGEST: Final = b"d"
_UNREADABLE: Final = b"u"
_OLD_UNREADABLE: Final = b"o"
_HEAD: Final = struct.Struct(">cd??6s4s")
_REACTION: Final = 4


@frozen
class Digest:
    """What can be compared of a message."""

    time: float
    is_deleted: bool
    is_reaction: bool
    """Whether the message is itself a reaction to another one."""
    content: bytes
    status: bytes
    reactions: frozenset[bytes]

    @property
    def is_pending(self) -> bool:
        """Whether the network has not taken the message yet."""
        return self.status == _PENDING

    def pack(self) -> State:
        """Return it as a state."""
        flags = self.is_deleted, self.is_reaction
        head = _HEAD.pack(_DIGEST, self.time, *flags, self.content, self.status)
        return head + b"".join(sorted(self.reactions))

    def with_reaction(self, reaction: bytes) -> "Digest":
        """Return it with one more reaction."""
        return evolve(self, reactions=self.reactions | {reaction})

    def without_reaction(self, reaction: bytes) -> "Digest":
        """Return it with one reaction less."""
        return evolve(self, reactions=self.reactions - {reaction})


def digest_of(message: Message) -> Digest:
    """Return the digest of a message."""
    files = [(file.id or file.file_name, file.type) for file in message.attachments or ()]
    # Addresses of files change without anybody's doing, so the names of files count.
    content = orjson.dumps((message.text, message.edited_timestamp, files))
    status = "" if message.send_status is None else message.send_status.status
    return Digest(
        message.timestamp.timestamp(),
        bool(message.is_deleted),
        message.type == REACTION,
        hashlib.blake2b(content, digest_size=6).digest(),
        _crc(status),
        frozenset(map(reaction_digest, message.reactions or ())),
    )


def reaction_digest(reaction: Reaction) -> bytes:
    """Return what a reaction is recognised by: who, and with what."""
    return _crc(f"{reaction.participant_id}\0{reaction.reaction_key}")


def state_of(message: Message, raw: Any = None) -> State:
    """Return the state of a message that no frame holds alone.

    Args:
        message: The message.
        raw: Its JSON, if that is at hand.
    """
    try:
        return orjson.dumps(message.to_dict() if raw is None else raw)
    except TypeError:  # orjson writes no large integers, and nothing that is nested deeply
        return digest_of(message).pack()


def checksum(raw: Any) -> bytes:
    """Return 8 bytes that differ if two records do."""
    try:
        text = orjson.dumps(raw)
    except TypeError:
        text = str(raw).encode("utf-8", "replace")
    return hashlib.blake2b(text, digest_size=8).digest()


UNDELIVERED: Final[State] = _UNREADABLE
"""State of a message that has its place, and was not delivered: an earlier stream was closed."""


def unreadable_state(raw: Any, *, is_old: bool) -> State:
    """Return the state of a record that can't be read.

    Args:
        raw: Its JSON.
        is_old: Whether it is history: then it is no new message when it can be read later.
    """
    kind = _OLD_UNREADABLE if is_old else _UNREADABLE
    return kind + checksum(raw)


def is_digest(state: State) -> bool:
    """Whether a state is a digest, which does not cover everything of a message."""
    return state.startswith(_DIGEST)


def is_unreadable(state: State) -> bool:
    """Whether a state is that of a record that can't be read."""
    return state[:1] in (_UNREADABLE, _OLD_UNREADABLE)


def is_new_unreadable(state: State) -> bool:
    """Whether a message that could not be read has not been delivered yet."""
    return state.startswith(_UNREADABLE)


def entry_in(state: State) -> Any:
    """Return the JSON of the message in a state that holds it; None for a digest."""
    return _entry_in(state, loads)


def _entry_in(state: State, parse: Callable[[bytes], Any]) -> Any:
    if not state.startswith(_JSON):
        return None
    try:
        value = parse(state)
    except JSONError:  # pragma: no cover - it was read before
        return None
    if "id" in value or not isinstance(value.get("entries"), list):
        return value
    return value["entries"][0]


def message_in(state: State) -> Message | None:
    """Return the message as it was, if the state holds all of it."""
    entry = entry_in(state)
    if entry is None:
        return None
    try:
        decoded = decode_leniently(Message, entry)
        if decoded.was_walked:  # it may be a matter of an integer beyond 64 bits
            decoded = decode_leniently(Message, _entry_in(state, loads_exactly))
    except DecodeError:  # pragma: no cover - it was read before
        return None
    return decoded.value


def digest_in(state: State) -> Digest | None:
    """Return the digest of a state; None for what could not be read."""
    if state.startswith(_DIGEST):
        _, time, is_deleted, is_reaction, content, status = _HEAD.unpack_from(state)
        rest = range(_HEAD.size, len(state), _REACTION)
        reactions = frozenset(state[at : at + _REACTION] for at in rest)
        return Digest(time, is_deleted, is_reaction, content, status, reactions)
    message = message_in(state)
    return None if message is None else digest_of(message)


def compact(state: State) -> State:
    """Return a state as a digest, if it can be one."""
    if not state.startswith(_JSON):
        return state
    digest = digest_in(state)
    return state if digest is None else digest.pack()


def time_in(state: State) -> float | None:
    """Return when the message of a state was sent, as seconds since 1970; None if unknown."""
    if state.startswith(_DIGEST):
        time: float = _HEAD.unpack_from(state)[1]
        return time
    entry = entry_in(state)
    try:
        return None if entry is None else parse_time(entry["timestamp"]).timestamp()
    except (TypeError, KeyError, ValueError):  # pragma: no cover - it was read before
        return None


def _crc(text: str) -> bytes:
    return crc32(text.encode("utf-8", "replace")).to_bytes(4, "big")


_PENDING: Final = _crc("PENDING")
