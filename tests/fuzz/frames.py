"""What the app sends over its sockets, and what it fails to send."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any, Final

import orjson
from aiohttp import web
from attrs import define, field

from .lies import Lies
from .store import Chat, Message, Record, Sent

_LONGEST_HOLD: Final = 5.0


@define(eq=False)
class Connection:
    """A socket of a client."""

    number: int
    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    queue: asyncio.Queue[str] = field(factory=asyncio.Queue[str])
    seq: int = 0
    is_subscribed: bool = False
    closed_at: float | None = None

    def next_seq(self) -> int:
        self.seq += 1
        return self.seq


class Frames:
    """Sends frames to all connections, as honestly as the lies allow."""

    def __init__(self, rng: Random, lies: Lies) -> None:
        self.lies = lies
        self.connections: dict[int, Connection] = {}
        """All that ever were, by number."""
        self._rng = rng
        self._time = asyncio.get_running_loop().time

    @property
    def open(self) -> list[Connection]:
        """The connections that are subscribed now."""
        return [
            one for one in self.connections.values() if one.is_subscribed and one.closed_at is None
        ]

    def upserted(self, message: Message) -> None:
        """Send that a message is new or changed."""
        lies, rng = self.lies, self._rng
        messages = [message]
        shown = message.chat.shown
        if shown and self._happens(lies.bundled):
            messages.append(rng.choice(shown[-30:]))
            rng.shuffle(messages)
        messages = list(dict.fromkeys(messages))
        frame: Record = {
            "type": "message.upserted",
            "chatID": message.chat.id,
            "ids": [one.id for one in messages],
            "entries": [one.record for one in messages],
        }
        is_whole = True
        if self._happens(lies.named_only):
            del frame["entries"]
            is_whole = False
        elif self._happens(lies.in_part):
            parts = rng.choice([("id", "reactions"), ("id", "text"), ("id", "senderID")])
            frame["entries"] = [{part: one.record.get(part) for part in parts} for one in messages]
            is_whole = False
        self._publish(message.chat, frame, messages, is_whole)

    def deleted(self, message: Message) -> None:
        """Send that a message is gone."""
        frame = {"type": "message.deleted", "chatID": message.chat.id, "ids": [message.id]}
        self._publish(message.chat, frame, [message], is_whole=True)

    def chat(self, chat: Chat, kind: str) -> None:
        """Send that a chat is new or changed, or gone."""
        self._publish(chat, {"type": kind, "chatID": chat.id, "ids": [chat.id]}, [], is_whole=True)

    def _happens(self, rate: float) -> bool:
        return self._rng.random() < rate

    def _publish(
        self, chat: Chat, frame: Record, messages: Sequence[Message], is_whole: bool
    ) -> None:
        lies, now = self.lies, self._time()
        if chat.is_silent or self._happens(lies.lost_silently):
            return
        if self._happens(lies.lost_with_gap):
            for one in self.open:
                one.next_seq()
            return
        # As bytes: what happens to the messages from here on is not in it.
        is_text, clock = self._rng.random() < 0.5, chat.clock
        frame["ts"] = clock.text(now) if is_text else clock.milliseconds(now)
        body = orjson.dumps(frame).decode()
        is_held = self._happens(lies.held_back)
        delay = self._rng.uniform(0.5, _LONGEST_HOLD) if is_held else self._rng.uniform(0, 0.02)
        at = max(now + delay, chat.held_until + 1e-6)
        chat.held_until = at
        sent = [(one, one.state) for one in messages]
        asyncio.get_running_loop().call_at(at, self._send, body, sent, is_whole)

    def _send(self, body: str, messages: list[tuple[Message, Any]], is_whole: bool) -> None:
        now, is_double = self._time(), self._happens(self.lies.doubled)
        is_same = self._rng.random() < 0.5
        for connection in self.open:
            if self._happens(self.lies.junk):
                connection.queue.put_nowait(self._junk(connection))
            text = _numbered(body, connection.next_seq())
            connection.queue.put_nowait(text)
            if is_double:
                again = text if is_same else _numbered(body, connection.next_seq())
                connection.queue.put_nowait(again)
            for message, state in messages:
                message.sent.append(Sent(now, state, connection.number, is_whole))

    def _junk(self, connection: Connection) -> str:
        kind = self._rng.randrange(5)
        if kind == 0:
            return "no JSON at all"
        if kind == 1:
            return '{"type": "message.upserted", "seq": '
        if kind == 2:
            return '["a list"]'
        if kind == 3:
            return '{"type": "error", "code": "INTERNAL_ERROR", "message": "broken"}'
        return _numbered('{"type": "message.stream", "delta": "x"}', connection.next_seq())


def _numbered(body: str, seq: int) -> str:
    return f'{{"seq": {seq}, {body[1:]}'
