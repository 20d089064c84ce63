"""A message is known by its ID; whose archive it is, by the account and the installation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from beeper_async.archive import ArchiveMismatchError

from .app import App
from .judge import differences
from .running import rows, update
from .world import World


@pytest.mark.asyncio
@pytest.mark.parametrize("attribute", ["account", "device"])
async def test_another_account_and_another_installation(tmp_path: Path, attribute: str) -> None:
    world = World(chats=3, messages=60, seed=1)
    with App(world) as app:
        await update(app, tmp_path)
        setattr(app, attribute, "ANOTHER")
        world.say_anywhere()
        with pytest.raises(ArchiveMismatchError):
            await update(app, tmp_path)
        assert rows(tmp_path, "select count(*) from messages") == [(60,)]


@pytest.mark.asyncio
async def test_ids_that_changed_though_the_app_says_nothing(tmp_path: Path) -> None:
    world = World(chats=4, messages=100, seed=2)
    with App(world) as app:
        await update(app, tmp_path)
        world.install_anew()
        with pytest.raises(ArchiveMismatchError):
            await update(app, tmp_path)
        assert rows(tmp_path, "select count(*) from messages") == [(100,)]


@pytest.mark.asyncio
async def test_newest_messages_that_are_deleted_are_no_new_installation(tmp_path: Path) -> None:
    world = World(chats=4, messages=100, seed=3)
    with App(world) as app:
        await update(app, tmp_path)
        for chat in world.chats.values():
            chat.remove(chat.keys[-1])
        assert (await update(app, tmp_path)).counts.vanished == 4


@pytest.mark.asyncio
@pytest.mark.parametrize("key_changes", [False, True])
async def test_an_own_message_gets_its_final_id(tmp_path: Path, key_changes: bool) -> None:
    world = World(chats=2, messages=60, seed=4)
    chat_id, chat = next(iter(world.chats.items()))
    status: dict[str, Any] = {"status": "PENDING", "timestamp": "2024-01-01T00:00:00.000Z"}
    with App(world) as app:
        message = world.say(chat_id, id="pending-1", isSender=True, sendStatus=status)
        await update(app, tmp_path)
        key = int(message["sortKey"])
        chat.remove(key)
        key += 7 if key_changes else 0
        final = {**message, "id": "final-1", "sortKey": str(key)}
        del final["sendStatus"]
        chat.add(key, final)
        app.renamed["pending-1"] = "final-1"
        await update(app, tmp_path)
        assert differences(tmp_path, world) == {}
        assert rows(tmp_path, "select id from aliases") == [("pending-1",)]
        counts = (await update(app, tmp_path)).counts
        assert (counts.new, counts.changed, counts.vanished) == (0, 0, 0)


@pytest.mark.asyncio
async def test_a_reaction_as_a_message_reads_its_target_again(tmp_path: Path) -> None:
    world = World(chats=1, messages=100, seed=5)
    ((chat_id, chat),) = world.chats.items()
    with App(world) as app:
        await update(app, tmp_path)
        target = chat.by_key[chat.keys[10]]
        target["reactions"] = [{"id": "r1", "reactionKey": "👍", "participantID": "@p1:local"}]
        world.say(chat_id, type="REACTION", linkedMessageID=target["id"])
        await update(app, tmp_path, sweep="off")
        assert differences(tmp_path, world) == {}


@pytest.mark.asyncio
async def test_a_merged_chat_is_not_stored_twice(tmp_path: Path) -> None:
    world = World(chats=2, messages=60, seed=6)
    members = list(world.chats)
    merged = world.add_chat(7, merge={"chatIDs": members, "defaultChatID": None})
    world.chats[merged].keys = world.chats[members[0]].keys
    world.chats[merged].by_key = world.chats[members[0]].by_key
    with App(world) as app:
        report = await update(app, tmp_path)
        assert report.messages == 60
        assert f"/v1/chats/{merged}/messages" not in app.paths


@pytest.mark.asyncio
async def test_sort_keys_that_are_no_numbers_and_repeat(tmp_path: Path) -> None:
    world = World(chats=2, messages=80, seed=7)
    for chat in world.chats.values():
        for number, key in enumerate(chat.keys):
            chat.by_key[key]["sortKey"] = ["", "~", "same", "007", "-5", "٣", "x" * 999][number % 7]
    with App(world) as app:
        await update(app, tmp_path)
        for _ in range(5):
            world.edit()
        await update(app, tmp_path)
        found = differences(tmp_path, world)
        assert set(found) <= {"doubled"}  # the judge takes equal keys for one message
        assert rows(tmp_path, "select count(*), count(distinct chat || id) from messages") == [
            (80, 80)
        ]


@pytest.mark.asyncio
async def test_nothing_is_stored_of_a_chat_that_is_left_out(tmp_path: Path) -> None:
    """Not its people, and not the last message that comes with the list of chats."""
    world = World(chats=3, messages=60, seed=8)
    chosen, other, expiring = world.chats
    for chat_id in (other, expiring):
        secret = {**world.chats[chat_id].messages[-1], "text": "a secret"}
        world.chats[chat_id].record["preview"] = secret
    world.chats[expiring].record["messageExpirySeconds"] = 60
    with App(world) as app:
        report = await update(app, tmp_path, chats=[chosen])
        assert (report.chats, report.exit_code) == (1, 0)
        await update(app, tmp_path)
        assert rows(tmp_path, "select id from chats order by id") == [(chosen,), (other,)]
        world.say(chosen)
        await update(app, tmp_path, chats=[chosen])
        assert rows(tmp_path, "select count(*) from chats where gone_run is not null") == [(0,)]
        assert "lost" not in differences(tmp_path, world, chats=[chosen, other])
