"""Each kind of damage to an archive is found, and what is whole has no finding."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from beeper_async.archive import Archive, Verification
from beeper_async.archive.storage.records import dump, message_hash

from .app import App as MessageApp
from .files_rig import App, Folder, serves
from .running import update
from .world import World

URLS = [f"mxc://x/{number}" for number in range(3)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an archive with messages, versions, files and a search index, for all tests."""
    path = tmp_path_factory.mktemp("whole") / "backup"
    asyncio.run(fill(path))
    return path


@pytest.fixture
def archived(whole: Path, tmp_path: Path) -> Path:
    """Give a copy of that archive, to be damaged."""
    return Path(shutil.copytree(whole, tmp_path / "backup"))


async def fill(path: Path) -> None:
    world = World(chats=4, messages=300)
    with MessageApp(world) as app:
        await update(app, path)
        world.change(60)
        await update(app, path)
    async with Folder(path) as folder:
        for url in URLS:
            await folder.want({"id": url}, chat="!files:local")
        folder.run = 2
        files = App({url: serves(url.encode()) for url in URLS})
        async with files.running() as client:
            await folder.fetch(client)
    index_by_hand(path)


def index_by_hand(path: Path) -> None:
    """Index everything, whatever the library would do."""
    damage(path, "delete from stale")
    with closing(sqlite3.connect(path / "archive.db", isolation_level=None)) as db:
        if db.execute("select id from search_docsize limit 1").fetchone():
            return
        for n, words in db.execute("select n, words from messages where words is not null"):
            db.execute("insert into search (rowid, words) values (?, ?)", (n, words))
        db.execute("insert or replace into meta select 'indexed', max(n) from messages")


def damage(path: Path, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(path / "archive.db", isolation_level=None)) as db:
        assert db.execute(statement, values).rowcount or "delete" in statement


def verified(path: Path, *, files: bool = False) -> Verification:
    archive = Archive.open(path, create=False)
    try:
        return archive.verify(files=files)
    finally:
        archive.close()


def test_an_archive_that_is_whole_has_no_findings(archived: Path) -> None:
    result = verified(archived, files=True)
    assert result.findings == ()
    assert (result.counts, result.exit_code, result.by_chat()) == ({}, 0, {})
    assert (result.chats, result.files) == (5, 3)
    assert result.messages > 300


FIRST = "where n = (select min(n) from messages)"
DAMAGES: dict[str, tuple[str, str]] = {
    "foreign key": ("database", f"update messages set chat = 99 {FIRST}"),
    "raw is cut": ("json", f"update messages set raw = substr(raw, 1, 9) {FIRST}"),
    "raw is a number": ("json", f"update messages set raw = 7 {FIRST}"),
    "raw is a list": ("json", f"update messages set raw = cast('[]' as blob) {FIRST}"),
    "content": ("hash", f"update messages set raw = {{TEXT}} {FIRST}"),
    "hash": ("hash", f"update messages set hash = x'00' {FIRST}"),
    "other raw": (
        "identity",
        f"update messages set raw = (select raw from messages where n = 9) {FIRST}",
    ),
    "other chat": ("identity", "update messages set chat = 5 where n = 5"),
    "position": ("position", f"update messages set pos = '0011' {FIRST}"),
    "two marks": ("marks", f"update messages set vanished_run = 1, expired_run = 1 {FIRST}"),
    "tombstone": ("marks", "update messages set deleted_run = null where deleted_run is not null"),
    "no marks": ("marks", "delete from marks where chat = 1"),
    "head": ("marks", "update marks set head_n = 1000000 where chat = 1"),
    "run": ("marks", "update marks set end_run = 7 where chat = 1"),
    "sweep": ("marks", "update marks set swept_at = null where chat = 1"),
    "first read": ("marks", "update marks set back_cursor = 'x' where chat = 1"),
    "chat is cut": ("json", "update chats set raw = x'7b' where n = 1"),
    "chat hash": ("hash", "update chats set hash = x'00' where n = 1"),
    "chat id": ("identity", "update chats set raw = {!chat} where n = 1"),
    "version is cut": ("version", "update versions set raw = x'7b' where message = {EDITED}"),
    "version elsewhere": ("version", "update versions set chat = 5 where message = {EDITED}"),
    "alias elsewhere": ("version", "insert into aliases values (5, 'x', 1)"),
    "no attachment": ("attachment", "delete from attachments where file = 1"),
    "no address": ("attachment", "update attachments set file = null where file = 1"),
    "no size": ("file", "update files set size = null where n = 1"),
    "no file": ("file", "insert into files (url, state) values ('x', 'have')"),
    "no name": ("file", "insert into files (url, state, sha256) values ('x', 'have', '../x')"),
    "nobody's file": ("stray", "update files set state = 'wanted' where n = 1"),
    "not in the index": (
        "search",
        "insert into search (search, rowid, words) "
        "select 'delete', n, words from messages where n = 1",
    ),
    "nobody's words": ("search", "update messages set words = null where n = 1"),
}
OF_NO_CHAT = ("foreign key", "no file", "no name", "nobody's file", "nobody's words")


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_of_the_database_is_found(archived: Path, name: str) -> None:
    kind, statement = DAMAGES[name]
    statement = statement.replace("{EDITED}", "(select max(message) from versions)")
    for word in ("TEXT", "!chat"):
        changed = f"cast(replace(cast(raw as text), '{word}', 'other') as blob)"
        statement = statement.replace(f"{{{word}}}", changed)
    damage(archived, statement)
    result = verified(archived)
    assert [*result.counts] == [kind]
    assert result.exit_code == 7
    finding = result.findings[0]
    assert finding in result.by_chat()[finding.chat_id]
    assert (finding.chat_id is None) is (name in OF_NO_CHAT)


def overwrite_root(path: Path, name: str) -> None:
    """Fill the first page of a table or index with nonsense."""
    query = "select rootpage from sqlite_master where name = ?"
    with closing(sqlite3.connect(path / "archive.db")) as db:
        root = db.execute(query, (name,)).fetchone()[0]
        size = db.execute("pragma page_size").fetchone()[0]
        db.execute("pragma wal_checkpoint(truncate)")
    with (path / "archive.db").open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)


def test_a_damaged_page_is_found_and_the_rest_is_checked(archived: Path) -> None:
    overwrite_root(archived, "versions")
    damage(archived, "update messages set hash = x'00' where n = 1")
    result = verified(archived)
    assert result.counts["database"] >= 2
    assert result.counts["hash"] == 1


def turn_into_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "removed": ("file", lambda path: path.unlink()),
    "shorter": ("file", lambda path: path.write_bytes(b"short")),
    "another": ("file", lambda path: path.write_bytes(path.read_bytes()[::-1])),
    "a folder": ("file", turn_into_folder),
    "one more": ("stray", lambda path: path.with_name("x").write_bytes(b"")),
    "elsewhere": ("stray", lambda path: (path.parents[1] / "x.txt").write_bytes(b"")),
    "empty folder": ("stray", lambda path: (path.parents[1] / "0x").mkdir()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_damage_of_files_is_found(archived: Path, name: str) -> None:
    kind, change = CHANGES[name]
    path = next(one for one in (archived / "files").rglob("*") if one.is_file())
    change(path)
    result = verified(archived, files=True)
    assert result.counts == {kind: 1}
    if kind == "file":
        assert (result.findings[0].chat_id, result.findings[0].key) == ("!files:local", path.name)
    assert verified(archived).counts == ({} if name == "another" else {kind: 1})


def test_numbers_beyond_64_bits_are_no_damage(archived: Path) -> None:
    with closing(sqlite3.connect(archived / "archive.db", isolation_level=None)) as db:
        raw = json.loads(db.execute("select raw from messages where n = 1").fetchone()[0])
    raw["big"] = 2**80
    damage(
        archived, "update messages set raw = ?, hash = ? where n = 1", dump(raw), message_hash(raw)
    )
    assert verified(archived).counts == {}


def test_endless_findings_take_no_memory(archived: Path) -> None:
    damage(archived, "update messages set hash = x'00'")
    damage(
        archived,
        "with recursive t(i) as (select 1 union all select i + 1 from t where i < 2000) "
        "insert into versions (chat, run, at, kind, raw) select 1, 1, 1, 'changed', x'7b' from t",
    )
    result = verified(archived)
    assert result.counts["version"] == 2000
    assert len(result.findings) == 1000


def test_a_closed_archive_is_not_verified(archived: Path) -> None:
    archive = Archive.open(archived)
    archive.close()
    for read in (archive.verify, archive.status, archive.problems):
        with pytest.raises(RuntimeError, match="closed"):
            read()


def test_an_archive_without_files_or_index(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path)
    damage(tmp_path, "delete from meta")
    with closing(sqlite3.connect(tmp_path / "archive.db")) as db:
        db.execute("drop table search")
    try:
        assert archive.verify(files=True).counts == {}
    finally:
        archive.close()


def test_a_damaged_index_of_the_database_is_found(archived: Path) -> None:
    overwrite_root(archived, "versions_by_message")
    assert [*verified(archived).counts] == ["database"]
