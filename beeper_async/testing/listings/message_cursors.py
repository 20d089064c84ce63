"""Cursors of message listings: sort keys, or texts that stand for nothing else."""

from __future__ import annotations

from ..world.positions import Position
from ..world.sort_keys import odd_key
from ..world.store import Store
from .cursors import InvalidCursorError


class MessageCursors:
    """Writes and reads the cursors of message listings.

    They are sort keys, as on live apps, until `opaque` is set.
    """

    def __init__(self) -> None:
        self.opaque: bool = False
        """While true, cursors say nothing of a message, and only cursors written so are valid."""
        self._generation = 0

    def expire(self) -> None:
        """Refuse all opaque cursors that were served so far, with a 400 VALIDATION_ERROR."""
        self._generation += 1

    def write(self, position: Position) -> str:
        """Return the cursor for a position."""
        if not self.opaque:
            return str(-position[0])
        # In hexadecimal, zeros in front change nothing: the fault `EmptyPage` adds one.
        return f"{self._generation}|{-position[0]}".encode().hex()

    def read(self, store: Store, chat_id: str, cursor: str) -> Position:
        """Return the position that a cursor of a chat points at.

        Raises:
            InvalidCursorError: It is no cursor, or has expired.
        """
        return self._read_opaque(cursor) if self.opaque else _read_key(store, chat_id, cursor)

    def _read_opaque(self, cursor: str) -> Position:
        try:
            generation, _, number = bytes.fromhex(cursor.lstrip("0")).decode("ascii").partition("|")
            if int(generation) == self._generation:
                return -int(number), ""
        except ValueError:
            pass
        raise InvalidCursorError(cursor)


def _read_key(store: Store, chat_id: str, cursor: str) -> Position:
    is_number = cursor.isascii() and cursor.isdigit()
    kind = store.sort_keys.get(chat_id)
    if is_number and kind is None and store.find_at(chat_id, int(cursor)) is not None:
        return -int(cursor), ""
    # The usual cursor is a sort key, but clients in the wild pass message IDs too.
    message = store.find_message(chat_id, cursor)
    if message is None and kind is not None:
        messages = store.messages[chat_id]
        message = next((m for m in messages if odd_key(kind, m["sortKey"]) == cursor), None)
    if message is not None:
        return -int(message["sortKey"]), ""
    if not is_number:
        raise InvalidCursorError(cursor)
    return -int(cursor), ""
