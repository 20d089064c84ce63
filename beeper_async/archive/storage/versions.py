"""Older states of messages and chats."""

import sqlite3
import time


def keep_version(
    connection: sqlite3.Connection, run: int, chat: int, message: int | None, kind: str, raw: bytes
) -> None:
    """Keep what a message was before; without a message, what the chat was."""
    connection.execute(
        "insert into versions (chat, message, run, at, kind, raw) values (?, ?, ?, ?, ?, ?)",
        (chat, message, run, now(), kind, raw),
    )


def now() -> int:
    """Return the time in milliseconds since 1970."""
    return int(time.time() * 1000)
