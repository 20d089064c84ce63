"""One export: what is exported, where to, and what was written."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path

from attrs import define, field

from ..reading.selection import Numbers
from .entries import ChatEntry, Entry, Source
from .output import file_names


@define
class Job:
    """An export under way."""

    source: Source
    files: Path
    """Where the files of the archive are."""
    out: Path
    chats: list[int]
    """Numbers of the chats."""
    zone: tzinfo | None
    """Time zone of what people read; None is that of this computer."""
    written_chats: int = 0
    written_messages: int = 0
    written_files: set[str] = field(factory=set[str])
    missing_files: int = 0

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection that reads the archive."""
        return self.source.connection

    def each_chat(self) -> Iterator[ChatEntry]:
        """Yield the chats, and count them."""
        for chat in self.source.chats(self.chats):
            self.written_chats += 1
            yield chat

    def each_message(self) -> Iterator[tuple[ChatEntry, Entry]]:
        """Yield all messages chat by chat, by sort key, and count them."""
        for chat in self.each_chat():
            for entry in self.counted(chat, self.source.numbers_of(chat)):
                yield chat, entry

    def counted(self, chat: ChatEntry, numbers: Numbers) -> Iterator[Entry]:
        """Yield messages of a chat, and count them."""
        for entry in self.source.entries(chat, numbers):
            self.written_messages += 1
            yield entry

    def names(self, *taken: str) -> dict[int, str]:
        """Return the name of the file of each chat, without its ending."""
        titles = self.connection.execute("select n, title from chats order by n").fetchall()
        return file_names(titles, taken)

    def local(self, time: datetime) -> datetime:
        """Return a time as people read it."""
        return time.astimezone(self.zone)
