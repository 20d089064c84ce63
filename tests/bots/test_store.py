"""The file in which a bot keeps what it needs in its next run."""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

import pytest

from beeper_async import InvalidInputError
from beeper_async.bots.job import Row
from beeper_async.bots.store import Batch, Store


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")
def test_the_file_is_for_the_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    path.touch(mode=0o644)
    store = Store(path)
    store.write(Batch(states={"key": "1"}))
    modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
    store.close()
    assert set(modes.values()) == {0o600}
    assert "bot.db" in modes


def test_everything_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    store = Store(path)
    row = Row(3, "key", "name", "{}", 1.5, "!chat", "1", None, 2)
    mark = ("!chat", "1", "MessageCreated", "", "")
    store.write(
        Batch(
            states={"one": "1", "two": "2"},
            jobs={3: row, 4: None},
            last_job=3,
            marks=[mark],
            checkpoint={"base": "now", "chat": "{}"},
        )
    )
    store.write(Batch(states={"one": None}, checkpoint={"base": "later"}, removed=["chat"]))
    store.close()
    store = Store(path)
    (found,) = store.jobs()
    assert (found.id, found.due, found.message_id, found.person_id, found.tries) == (
        *(3, 1.5, "1", None, 2),
    )
    assert (store.last_job(), store.marks()) == (3, {mark})
    assert (store.state("one"), store.state("two")) == (None, "2")
    assert store.checkpoint() == {"base": "later"}
    store.write(Batch(jobs={3: None}, covered=[mark]))
    assert (store.jobs(), store.marks(), store.last_job()) == ([], set(), 3)
    store.close()


def test_a_change_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    store = Store(tmp_path / "bot.db")
    bad = Row(1, "key", "name", "{}", 1.0)
    bad.key = None  # type: ignore[assignment]
    with pytest.raises(OSError, match="can't be written"):
        store.write(Batch(states={"one": "1"}, jobs={1: bad}))
    assert store.state("one") is None
    store.write(Batch(states={"one": "1"}))
    assert store.state("one") == "1"
    store.close()


def test_files_that_are_no_store(tmp_path: Path) -> None:
    text, other, newer = tmp_path / "text", tmp_path / "other.db", tmp_path / "newer.db"
    text.write_text("hello " * 1000)
    with pytest.raises(InvalidInputError, match="is no store of a bot"):
        Store(text)
    assert text.read_text().startswith("hello")
    database = sqlite3.connect(other)
    database.execute("create table mine (one)")
    database.close()
    with pytest.raises(InvalidInputError, match="is no store of a bot"):
        Store(other)
    Store(newer).close()
    database = sqlite3.connect(newer)
    database.execute("pragma user_version = 1000")
    database.close()
    with pytest.raises(InvalidInputError, match="a newer version of this library"):
        Store(newer)
    with pytest.raises(OSError, match="No such file"):
        Store(tmp_path / "no" / "folder")
    if sys.platform != "win32" and os.getuid():
        (tmp_path / "locked").mkdir(mode=0o500)
        with pytest.raises(PermissionError):
            Store(tmp_path / "locked" / "bot.db")
