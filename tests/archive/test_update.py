"""After each run everything that the app serves is in the archive once, as it was last served."""

from __future__ import annotations

from pathlib import Path

import pytest

from .app import App
from .judge import differences
from .killed import kill_runs
from .running import rows, update
from .world import World


@pytest.mark.asyncio
@pytest.mark.parametrize("ends_quietly", [False, True])
@pytest.mark.parametrize("seed", range(3))
async def test_a_world_that_changes_between_runs(
    tmp_path: Path, seed: int, ends_quietly: bool
) -> None:
    world = World(chats=30, messages=1500, seed=seed)
    with App(world) as app:
        app.ends_quietly = ends_quietly
        report = await update(app, tmp_path)
        assert report.counts.new == 1500
        assert differences(tmp_path, world) == {}
        for night in range(4):
            world.change(150)
            if night % 2:
                world.remove_chat()
                world.add_chat(100 + night)
            report = await update(app, tmp_path)
            assert differences(tmp_path, world) == {}
            assert report.exit_code == 0
        counts = (await update(app, tmp_path)).counts
        assert (counts.new, counts.changed, counts.vanished, counts.back) == (0, 0, 0, 0)


@pytest.mark.asyncio
@pytest.mark.parametrize("sweep", ["off", "rolling"])
async def test_new_messages_are_found_without_a_full_sweep(tmp_path: Path, sweep: str) -> None:
    world = World(chats=20, messages=800, seed=5)
    with App(world) as app:
        await update(app, tmp_path)
        for _ in range(3):
            for _ in range(60):
                world.say_anywhere()
                world.backfill()
            await update(app, tmp_path, sweep=sweep)
            found = differences(tmp_path, world)
            assert "lost" not in found
            assert "doubled" not in found


@pytest.mark.asyncio
async def test_cursors_that_are_refused(tmp_path: Path) -> None:
    """Another version of the app may refuse the cursors of the one before."""
    world = World(chats=10, messages=900, seed=6)
    with App(world) as app:
        await update(app, tmp_path, sweep="off")
        for number in range(2):
            app.cursor_salt = f"version {number}"
            for _ in range(50):
                world.say_anywhere()
            report = await update(app, tmp_path, sweep="off")
            assert report.exit_code == 0
            assert differences(tmp_path, world) == {}


@pytest.mark.asyncio
async def test_an_old_app_that_sends_no_cursors(tmp_path: Path) -> None:
    """The sort key of the outermost message that has one leads on."""
    world = World(chats=5, messages=600, seed=9)
    with App(world) as app:
        app.sends_cursors = False
        odd = [chat.by_key[chat.keys[-20]]["id"] for chat in world.chats.values()]
        app.bad_items = dict.fromkeys(odd)
        assert (await update(app, tmp_path)).messages == 595
        app.bad_items = {}
        for _ in range(3):
            world.change(60)
            await update(app, tmp_path)
            assert differences(tmp_path, world) == {}


def test_runs_that_are_killed(tmp_path: Path) -> None:
    """`nox -s archive` kills more of them, and with more messages."""
    assert kill_runs(chats=40, messages=3000, kills=2, seed=4, folder=tmp_path) == []


@pytest.mark.asyncio
async def test_what_is_edited_and_deleted_is_kept(tmp_path: Path) -> None:
    world = World(chats=1, messages=30, seed=7)
    with App(world) as app:
        await update(app, tmp_path)
        chat_id, chat = next(iter(world.chats.items()))
        first, second, third = chat.keys[5:8]
        texts = [chat.by_key[key]["text"] for key in (first, second, third)]
        replace = world._replace  # pyright: ignore[reportPrivateUsage]
        replace(chat_id, first, text="new words", editedTimestamp="2024-05-01T00:00:00.000Z")
        replace(chat_id, second, text=None, isDeleted=True)
        chat.remove(third)
        counts = (await update(app, tmp_path)).counts
        assert (counts.changed, counts.deleted, counts.vanished) == (2, 1, 1)
    query = "select kind, json_extract(raw, '$.text') from versions order by n"
    assert sorted(rows(tmp_path, query)) == [("deleted", texts[1]), ("edited", texts[0])]
    query = "select json_extract(raw, '$.text') from messages where vanished_run is not null"
    assert rows(tmp_path, query) == [(texts[2],)]


@pytest.mark.asyncio
async def test_what_is_seen_changes_no_version(tmp_path: Path) -> None:
    world = World(chats=3, messages=100, seed=8)
    with App(world) as app:
        await update(app, tmp_path)
        for _ in range(20):
            world.read()
        counts = (await update(app, tmp_path)).counts
        assert counts.changed == 0
        assert differences(tmp_path, world) == {}
    assert rows(tmp_path, "select * from versions") == []


@pytest.mark.asyncio
async def test_a_removed_chat_stays_and_can_come_back(tmp_path: Path) -> None:
    world = World(chats=3, messages=100, seed=9)
    with App(world) as app:
        await update(app, tmp_path)
        world.remove_chat()
        ((chat_id, chat),) = world.removed.items()
        await update(app, tmp_path)
        assert rows(tmp_path, "select id from chats where gone_run is not null") == [(chat_id,)]
        world.chats[chat_id] = chat
        world.say(chat_id)
        await update(app, tmp_path)
        assert rows(tmp_path, "select id from chats where gone_run is not null") == []
        assert differences(tmp_path, world) == {}
