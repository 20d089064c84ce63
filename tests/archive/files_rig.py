"""What tests of files share: an archive that wants files, and an app that serves them badly."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from beeper_async import AsyncBeeperDesktop
from beeper_async.archive.archive import Archive
from beeper_async.archive.files.queue import FileOptions, FileProgress, FileQueue
from beeper_async.archive.files.store import FileStore
from beeper_async.archive.storage.records import read_chat
from beeper_async.archive.storage.writes import RunWrites
from tests.lying_server import Exchange, LyingServer

Json = dict[str, Any]
Answer = Callable[[Exchange], Awaitable[object]]

CONTENT = bytes(range(256)) * 4096
CHAT = "!chat:beeper.com"
CHAT_FIELDS: Json = {
    "accountID": "a",
    "network": "Matrix",
    "title": "Choir",
    "type": "group",
    "unreadCount": 0,
    "participants": {"items": [], "hasMore": False, "total": 0},
}
DEADLINE = 60.0


class Folder:
    """An archive with messages that have files.

    Args:
        path: Its folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.archive = Archive.open(path)
        self.database = self.archive._database
        self.store = FileStore(path)
        self.run = 0
        self._count = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.archive.close()

    async def want(self, *attachments: Json, chat: str = CHAT) -> str:
        """Store a message with these attachments; return its ID."""
        self._count += 1
        own_id = str(1000 + self._count)
        raw: Json = {
            "id": own_id,
            "accountID": "a",
            "chatID": chat,
            "senderID": "@ann:beeper.com",
            "sortKey": f"{own_id}000",
            "timestamp": "2026-05-11T12:00:00.000Z",
            "attachments": [{"type": "img", **one} for one in attachments],
        }
        record = read_chat({**CHAT_FIELDS, "id": chat})
        assert record is not None

        def write(connection: Any) -> None:
            writes = RunWrites(connection, 0)
            writes.messages.write(connection, writes.chats.write(connection, record), [raw])

        await self.database.run(write)
        return own_id

    def queue(self, client: AsyncBeeperDesktop, **options: Any) -> FileQueue:
        """Return the queue of another run."""
        self.run += 1
        on_progress: Callable[[FileProgress], object] | None = options.pop("on_progress", None)
        options = {"in_flight": 2, "min_free": 0} | options
        self.writes = self.database.run_here(partial(RunWrites, run=self.run))
        return FileQueue(
            *(self.database, client, self.store, self.writes, FileOptions(**options)), on_progress
        )

    async def fetch(self, client: AsyncBeeperDesktop, **options: Any) -> FileQueue:
        """Fetch everything that is wanted."""
        queue = self.queue(client, **options)
        queue.end()
        async with asyncio.timeout(DEADLINE):
            await queue.run()
        return queue

    def rows(self, columns: str = "state") -> list[Any]:
        """Columns of all files."""
        with self.archive._reading() as connection:
            rows = connection.execute(f"select {columns} from files order by n").fetchall()
        return [row[0] if len(row) == 1 else row for row in rows]

    def problems(self) -> list[str]:
        """The addresses of files with open problems."""
        query = "select key from problems where kind = 'file' and solved_run is null"
        with self.archive._reading() as connection:
            return [key for (key,) in connection.execute(query)]

    def contents(self) -> list[bytes]:
        """What the files hold, by their names."""
        paths = sorted(path for path in (self.path / "files").rglob("*") if path.is_file())
        return [path.read_bytes() for path in paths]

    def parts(self) -> list[str]:
        """What is left of downloads."""
        folder = self.path / "partial"
        return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


class App:
    """Answers each request of a file with the next of its answers, the last one again and again."""

    def __init__(self, files: Mapping[str, Answer | Sequence[Answer]]) -> None:
        self.answers: dict[str, list[Answer]] = {
            url: [answers] if callable(answers) else [*answers] for url, answers in files.items()
        }
        self.chats: Answer = status("200 OK", json.dumps({"items": [], "hasMore": False}))
        self.version = "4.3.73"
        self.asked: list[str] = []
        """The addresses of files that were requested."""
        self.headers: list[dict[str, str]] = []
        """The headers of those requests."""

    async def __call__(self, exchange: Exchange) -> None:
        parts = urlsplit(exchange.target)
        if parts.path == "/v1/info":
            body = json.dumps({"app": {"version": self.version}}).encode()
            await exchange.answer("200 OK", body, Content_Type="application/json")
        elif parts.path == "/v1/chats":
            await self.chats(exchange)
        else:
            url = parse_qs(parts.query)["url"][0]
            self.asked.append(url)
            self.headers.append(exchange.headers)
            answers = self.answers[url]
            await (answers.pop(0) if len(answers) > 1 else answers[0])(exchange)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[AsyncBeeperDesktop]:
        """A client of it, which does not try again by itself."""
        with LyingServer(self) as server:
            async with AsyncBeeperDesktop(
                base_url=server.url, access_token="t", max_retries=0
            ) as client:
                yield client


def status(line: str, body: str = "", **headers: str) -> Answer:
    """Answers with a status, and a body that is no file."""

    async def answer(exchange: Exchange) -> None:
        await exchange.answer(line, body.encode(), **headers)

    return answer


def serves(content: bytes, etag: str = '"one"', most: int | None = None) -> Answer:
    """Serves a file in whole or in part, and breaks off after some bytes of it."""

    async def answer(exchange: Exchange) -> None:
        start, line, more = 0, "200 OK", {"ETag": etag}
        if exchange.headers.get("if-range") == etag:
            start, line = int(exchange.headers["range"][6:-1]), "206 Partial Content"
            more["Content_Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        body = content[start:]
        more["Content_Length"] = str(len(body))
        await exchange.answer(line, body if most is None else body[: max(0, most - start)], **more)

    return answer
