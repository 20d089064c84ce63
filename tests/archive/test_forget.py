"""What is forgotten is gone: from the tables, the index, and the bytes on disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from beeper_async import AsyncBeeperDesktop
from beeper_async.archive import Archive, ArchiveInUseError, ChatNotArchivedError
from beeper_async.archive.forget import remove
from beeper_async.archive.reading.search import indexed_until
from beeper_async.archive.reading.selection import chat_number
from beeper_async.testing import Simulator

from .stored import Shelf
from .test_exports import PHOTO, PNG

SECRET = "xylophonequartz"
OTHER = "marzipanbanjo"


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with Shelf(tmp_path) as shelf:
        yield shelf


def fill(shelf: Shelf) -> tuple[str, str, str]:
    """Store two chats; return their IDs and the hash of a file that only the first one has."""
    chat, other = shelf.chat(f"Chat {SECRET}"), shelf.chat("Other")
    own = {**PHOTO, "id": f"mxc://{SECRET}/own", "fileName": f"{SECRET}.png"}
    same = {**PHOTO, "id": f"mxc://{SECRET}/same"}
    edited = shelf.message(chat, f"{SECRET} first", attachments=[own, PHOTO, same])
    for number in range(200):
        shelf.message(chat, f"{SECRET} {number} " + "filler " * 20)
        shelf.message(other, f"{OTHER} {number} " + "filler " * 20)
    shelf.message(other, "with photo", attachments=[PHOTO])
    shelf.file(PHOTO["id"], PNG)
    shelf.file(same["id"], PNG)
    sha256 = shelf.file(own["id"], SECRET.encode() * 100)
    shelf.index()
    shelf.store(
        chat, {**edited, "text": f"{SECRET} second"}
    )  # in a version, and stale in the index

    def more(connection: sqlite3.Connection) -> None:
        writes, number = shelf.writes, shelf.number(chat)
        writes.problems.unreadable(connection, number, "record", {"id": SECRET}, "odd")
        for url in (own["id"], PHOTO["id"]):
            writes.problems.add(connection, "file", None, url, "500")

    shelf.write(more)
    values = (shelf.number(chat), f"pending-{SECRET}", shelf.number_of(edited))
    shelf.sql("insert into aliases values (?, ?, ?)", *values)
    return chat, other, sha256


def on_disk(folder: Path, word: str) -> list[str]:
    """Return which files of an archive hold a word."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.name for path in files if word.encode() in path.read_bytes())


@pytest.mark.asyncio
@pytest.mark.parametrize("has_index", [True, False])
async def test_no_byte_of_a_forgotten_chat_stays(shelf: Shelf, has_index: bool) -> None:
    chat, other, sha256 = fill(shelf)
    if not has_index:
        shelf.without_full_text_search()
    folder = shelf.archive.folder
    connection = shelf.archive._database._connection
    connection.execute("pragma secure_delete = off")  # some builds clear what is deleted
    # In the database itself too, not only in its log.
    connection.execute("pragma wal_checkpoint(truncate)").fetchone()
    shelf.message(chat, f"{SECRET} in the log")
    assert {"archive.db", "archive.db-wal"} <= set(on_disk(folder, SECRET))
    assert sha256 in on_disk(folder, SECRET)
    await shelf.archive.forget(chat)
    assert on_disk(folder, SECRET) == []
    assert on_disk(folder, OTHER) == ["archive.db"]
    assert [one.id for one in shelf.archive.chats()] == [other]
    assert len(list(shelf.archive.search(OTHER))) == 200
    assert list(shelf.archive.search(SECRET)) == []
    assert shelf.write(indexed_until) == (
        shelf.sql("select max(n) from messages")[0][0] * has_index
    )
    assert shelf.sql("pragma foreign_key_check") == []
    with pytest.raises(ChatNotArchivedError):
        await shelf.archive.forget(chat)


@pytest.mark.asyncio
async def test_what_other_chats_have_as_well_stays(shelf: Shelf) -> None:
    chat, other, _ = fill(shelf)
    await shelf.archive.forget(chat)
    files = shelf.sql("select url, state from files")
    assert files == [(PHOTO["id"], "have")]
    problems = shelf.sql("select kind, key from problems")
    assert problems == [("file", PHOTO["id"])]
    (path,) = (one for one in (shelf.archive.folder / "files").rglob("*") if one.is_file())
    assert path.read_bytes() == PNG
    assert len(list(shelf.archive.messages(other))) == 201
    shelf.message(other, "numbers go on")
    shelf.index()
    assert len(list(shelf.archive.search("numbers go on"))) == 1


@pytest.mark.asyncio
async def test_what_a_killed_program_left_is_removed_by_the_next_one(shelf: Shelf) -> None:
    chat, other, _ = fill(shelf)
    shelf.write(lambda c: remove(c, shelf.number(chat)))  # and killed before the rest
    assert on_disk(shelf.archive.folder, SECRET) != []
    await shelf.archive.forget(other)
    assert on_disk(shelf.archive.folder, SECRET) == []
    assert on_disk(shelf.archive.folder, OTHER) == []


@pytest.mark.asyncio
async def test_the_next_update_finishes_it_too(sim: Simulator, tmp_path: Path) -> None:
    async with (
        AsyncBeeperDesktop(base_url=sim.url, access_token=sim.token) as client,
        Archive.open(tmp_path) as archive,
    ):
        await archive.update(client)
        (chat,) = (one for one in archive.chats() if one.title == "Raid night")
        (other,) = (one for one in archive.chats() if one.title == "Tomas Vrba")
        word = next(archive.messages(chat)).text or ""
        with archive._reading() as connection:
            number = chat_number(connection, chat)
        await archive._database.run(lambda connection: remove(connection, number))
        assert on_disk(tmp_path, word) != []
        await archive.update(client, chats=[other.id])
        assert on_disk(tmp_path, word) == []


@pytest.mark.asyncio
async def test_a_reader_in_the_way_is_said_and_the_next_call_finishes(shelf: Shelf) -> None:
    chat, other, _ = fill(shelf)
    shelf.archive._database._connection.execute("pragma busy_timeout = 0")
    with closing(shelf.archive._database.reader()) as reader:
        reader.execute("begin")
        reader.execute("select * from messages").fetchone()
        with pytest.raises(ArchiveInUseError, match="another program reads"):
            await shelf.archive.forget(chat)
        assert [one.id for one in shelf.archive.chats()] == [other]
    with pytest.raises(ChatNotArchivedError):
        await shelf.archive.forget(chat)
    assert on_disk(shelf.archive.folder, SECRET) == []
