"""The comparison with the app finds what is lost, doubled, stale or wrongly marked, only that."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from beeper_async import AsyncBeeperDesktop, AuthenticationError, PermissionDeniedError
from beeper_async.archive import Archive, Verification

from .app import App, refusal, reply
from .running import update
from .world import World

CHAT = "!chat0:local"


class VersionedApp(App):
    """Tells its version to everyone; before 4.2.808 it serves no single messages."""

    version = "4.3.73"
    revoked_after: str | None = None
    """The first path that ends like this, and whatever comes after it, is refused."""
    status = 403

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._is_revoked = False
        self.fault = self.answer

    async def answer(self, request: web.Request) -> web.Response | None:
        if request.path == "/v1/info":
            return reply({"app": {"name": "Beeper", "version": self.version}})
        if self.revoked_after is not None and request.path.endswith(self.revoked_after):
            self._is_revoked = True
        if self._is_revoked:
            return refusal(self.status, "forbidden", "no")
        if "/messages/" in request.path and self.version < "4.2.808":
            return refusal(404, "not_found", "There is no such call")
        return None


@pytest.fixture
def app() -> Iterator[VersionedApp]:
    with VersionedApp(World(chats=6, messages=400)) as running:
        yield running


async def compared(app: VersionedApp, path: Path, **options: Any) -> Verification:
    async with (
        AsyncBeeperDesktop(base_url=app.url, access_token=app.token, max_retries=0) as client,
        Archive.open(path, create=False) as archive,
    ):
        before = dump(path)
        result = await archive.verify_against_app(client, **options)
        assert dump(path) == before, "it wrote something"
        return result


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path / "archive.db")) as db:
        tables = ("runs", "chats", "marks", "messages", "versions", "problems")
        return [str(row) for table in tables for row in db.execute(f"select * from {table}")]


def execute(path: Path, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(path / "archive.db", isolation_level=None)) as db:
        assert db.execute(statement, values).rowcount > 0


def newest(app: VersionedApp, back: int = 1, chat_id: str = CHAT) -> dict[str, Any]:
    return app.world.chats[chat_id].messages[-back]


@pytest.mark.asyncio
async def test_after_a_run_nothing_is_found(app: VersionedApp, tmp_path: Path) -> None:
    await update(app, tmp_path)
    for _ in range(2):
        app.world.change(100)
        app.world.remove_chat()
        await update(app, tmp_path)
    result = await compared(app, tmp_path)
    assert result.findings == ()
    assert (result.exit_code, result.new, result.chats) == (0, 0, 4)
    assert result.messages == sum(len(chat.keys) for chat in app.world.chats.values())


def lose(app: VersionedApp, path: Path, own_id: str) -> None:
    execute(path, "delete from messages where id = ?", own_id)


def mark(app: VersionedApp, path: Path, own_id: str) -> None:
    execute(path, "update messages set vanished_run = 1 where id = ?", own_id)


def age(app: VersionedApp, path: Path, own_id: str) -> None:
    execute(path, "update messages set hash = x'0000000000000000' where id = ?", own_id)


def take(app: VersionedApp, path: Path, own_id: str) -> None:
    chat = app.world.chats[CHAT]
    chat.remove(int(next(one["sortKey"] for one in chat.messages if one["id"] == own_id)))


def double(app: VersionedApp, path: Path, own_id: str) -> None:
    execute(
        path,
        "insert into messages select 4000, chat, 'twin', pos, time, sender, type, linked_id, "
        "words, raw, hash, 1, 1, null, null, null, null, 0 from messages where id = ?",
        own_id,
    )


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(lose, "lost"), (mark, "missing"), (age, "stale"), (take, "unmarked"), (double, "doubled")],
)
@pytest.mark.parametrize("version", ["4.3.73", "4.2.700"])
@pytest.mark.asyncio
async def test_a_fault_is_found(
    app: VersionedApp,
    tmp_path: Path,
    fault: Callable[[VersionedApp, Path, str], None],
    kind: str,
    version: str,
) -> None:
    await update(app, tmp_path)
    own_id = newest(app, 30)["id"]
    fault(app, tmp_path, own_id)
    app.version = version
    result = await compared(app, tmp_path)
    assert result.counts == {kind: 1}
    finding = result.findings[0]
    assert finding.chat_id == CHAT
    assert finding.key == ("twin" if kind == "doubled" else own_id)
    assert result.exit_code == 7


@pytest.mark.asyncio
async def test_more_than_is_asked_for_singly_is_found_too(
    app: VersionedApp, tmp_path: Path
) -> None:
    await update(app, tmp_path)
    execute(tmp_path, "update messages set hash = x'0000000000000000'")
    app.paths.clear()
    result = await compared(app, tmp_path)
    assert result.counts == {"stale": result.messages}
    assert sum("/messages/" in path for path in app.paths) <= 50 * len(app.world.chats)


@pytest.mark.asyncio
async def test_faults_of_chats_are_found(app: VersionedApp, tmp_path: Path) -> None:
    await update(app, tmp_path)
    execute(tmp_path, "update chats set gone_run = 1 where n = 1")
    execute(tmp_path, "update chats set hash = x'0000000000000000' where n = 2")
    app.world.remove_chat()
    late = app.world.add_chat(50)
    result = await compared(app, tmp_path)
    assert result.counts == {"missing": 1, "stale": 1, "unmarked": 1, "lost": 1}
    assert [one.key for one in result.findings] == [None] * 4
    assert {one.chat_id for one in result.findings if one.kind == "lost"} == {late}


@pytest.mark.asyncio
async def test_what_came_since_the_last_run_is_new(app: VersionedApp, tmp_path: Path) -> None:
    await update(app, tmp_path)
    execute(tmp_path, "update runs set started = 0")
    app.world.say(CHAT)
    app.world.say(app.world.add_chat(50))
    result = await compared(app, tmp_path)
    assert (result.counts, result.new) == ({}, 2)


@pytest.mark.asyncio
async def test_what_is_left_of_a_deleted_message_may_go(app: VersionedApp, tmp_path: Path) -> None:
    key = app.world.chats[CHAT].keys[-5]
    app.world._replace(CHAT, key, text=None, isDeleted=True)
    await update(app, tmp_path)
    app.world.chats[CHAT].remove(key)
    assert (await compared(app, tmp_path)).counts == {}


@pytest.mark.asyncio
async def test_a_pending_message_is_no_fault(app: VersionedApp, tmp_path: Path) -> None:
    pending = app.world.say(CHAT, isSender=True, sendStatus={"status": "PENDING"})
    given_up = app.world.say("!chat1:local", isSender=True, sendStatus={"status": "PENDING"})
    await update(app, tmp_path)
    app.world.chats["!chat1:local"].remove(int(given_up["sortKey"]))
    chat = app.world.chats[CHAT]
    chat.by_key[chat.keys[-1]] = {
        **{name: value for name, value in pending.items() if name != "sendStatus"},
        "id": "sent",
    }
    app.world.say(CHAT, isSender=True, sendStatus={"status": "PENDING"})
    result = await compared(app, tmp_path)
    assert (result.counts, result.new) == ({}, 1)


@pytest.mark.parametrize("change", ["edited", "gone"])
@pytest.mark.asyncio
async def test_what_changes_meanwhile_is_asked_for_once_more(
    app: VersionedApp, tmp_path: Path, change: str
) -> None:
    """The page is of another state than the archive; the message by itself is not."""
    own = newest(app, 5)
    await update(app, tmp_path)
    if change == "gone":
        app.hidden.add(own["id"])
    else:
        app.bad_items[own["id"]] = {**own, "text": "another"}
    result = await compared(app, tmp_path)
    assert result.counts == {}


@pytest.mark.asyncio
async def test_what_can_not_be_read_is_a_problem_and_not_lost(
    app: VersionedApp, tmp_path: Path
) -> None:
    own = newest(app, 5)
    app.bad_items[own["id"]] = {**own, "senderID": None}
    await update(app, tmp_path)
    assert (await compared(app, tmp_path)).counts == {}
    execute(tmp_path, "delete from problems")
    assert (await compared(app, tmp_path)).counts == {"lost": 1}


@pytest.mark.asyncio
async def test_disappearing_messages_are_no_fault(app: VersionedApp, tmp_path: Path) -> None:
    expiring = app.world.add_chat(60, messageExpirySeconds=3600)
    for _ in range(3):
        app.world.say(expiring)
    await update(app, tmp_path)
    assert (await compared(app, tmp_path)).counts == {}
    assert (await compared(app, tmp_path, expiring=True)).counts == {"lost": 4}  # and the chat
    await update(app, tmp_path, expiring=True)
    app.world.chats[expiring].keys.clear()
    app.world.chats[expiring].by_key.clear()
    assert (await compared(app, tmp_path, expiring=True)).counts == {}


@pytest.mark.asyncio
async def test_a_chat_that_can_not_be_read_stops_nothing(app: VersionedApp, tmp_path: Path) -> None:
    await update(app, tmp_path)
    app.broken_chats.add(CHAT)
    lose(app, tmp_path, newest(app, 1, "!chat1:local")["id"])
    result = await compared(app, tmp_path)
    assert result.counts == {"unread": 1, "lost": 1}
    assert (await compared(app, tmp_path, chats=["!chat2:local"])).counts == {}
    assert (await compared(app, tmp_path, accounts=["whatsapp"])).counts == {"lost": 1}


@pytest.mark.parametrize(
    ("status", "error"), [(401, AuthenticationError), (403, PermissionDeniedError)]
)
@pytest.mark.asyncio
async def test_a_token_that_is_gone_ends_it(
    app: VersionedApp, tmp_path: Path, status: int, error: type[Exception]
) -> None:
    await update(app, tmp_path)
    app.revoked_after, app.status = "/messages", status
    with pytest.raises(error):
        await compared(app, tmp_path)
