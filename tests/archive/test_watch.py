"""Between two runs an archive is kept current through live events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from beeper_async import Event, MessageCreated
from beeper_async.archive import Archive, Report
from beeper_async.testing import Simulator

from ..live import Scene, client_of
from .running import rows

DEADLINE = 30


class Watched:
    """An archive that is being watched, and what it has written so far."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        self.folder = folder
        self.reports: list[Report] = []
        self.events: list[Event] = []
        self.changed = asyncio.Event()

    def heard(self, event: Event) -> None:
        self.events.append(event)
        self.changed.set()

    def reported(self, report: Report) -> None:
        self.reports.append(report)
        self.changed.set()

    async def until_written(self, text: str) -> None:
        """Wait until the message with a text was written."""

        def is_written() -> bool:
            return any(
                isinstance(one, MessageCreated) and one.message.text == text for one in self.events
            )

        while not is_written():
            self.changed.clear()
            await self.changed.wait()

    async def fence(self) -> None:
        """Wait until everything that happened before was written."""
        text = self.scene._next_fence()
        self.scene.say(text, chat_id=self.scene.fence_id)
        await self.until_written(text)

    def message(self, message_id: str) -> dict[str, Any]:
        ((raw,),) = rows(self.folder, "select raw from messages where id = ?", message_id)
        value: dict[str, Any] = json.loads(raw)
        return value


@asynccontextmanager
async def watched(sim: Simulator, folder: Path) -> AsyncGenerator[Watched]:
    async with client_of(sim) as client, Archive.open(folder) as archive:
        watch = Watched(Scene(sim, client), folder)
        task = asyncio.create_task(
            archive.watch(client, on_report=watch.reported, on_event=watch.heard)
        )
        try:
            async with asyncio.timeout(DEADLINE):
                while not watch.reports:
                    watch.changed.clear()
                    await watch.changed.wait()
                yield watch
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.mark.asyncio
async def test_what_happens_is_written_as_it_happens(sim: Simulator, tmp_path: Path) -> None:
    async with watched(sim, tmp_path) as watch:
        scene, world = watch.scene, watch.scene.world
        message = scene.say("hello")
        await watch.until_written("hello")
        assert watch.message(message["id"])["text"] == "hello"
        world.people.react(scene.chat_id, message["id"], "👍")
        edited, deleted = scene.say("to be edited"), scene.say("to be deleted")
        await watch.fence()
        world.people.edit(scene.chat_id, edited["id"], "was edited")
        world.people.delete(scene.chat_id, deleted["id"])
        await watch.fence()
        assert [one["reactionKey"] for one in watch.message(message["id"])["reactions"]] == ["👍"]
        assert watch.message(edited["id"])["text"] == "was edited"
        kinds = rows(tmp_path, "select kind from versions where message is not null order by n")
        assert kinds == [("reactions",), ("edited",), ("deleted",)]
        query = "select json_extract(raw, '$.text') from versions where kind = 'deleted'"
        assert rows(tmp_path, query) == [("to be deleted",)]


@pytest.mark.asyncio
async def test_an_own_message_that_gets_its_final_id(sim: Simulator, tmp_path: Path) -> None:
    async with watched(sim, tmp_path) as watch:
        scene = watch.scene
        _, pending_id = scene.send("on my way")
        await watch.fence()
        final = scene.world.confirm_send(scene.chat_id, pending_id)
        await watch.fence()
        await watch.fence()
        found = rows(
            tmp_path, "select id from messages where json_extract(raw, '$.text') = 'on my way'"
        )
        assert found == [(final["id"],)]


@pytest.mark.asyncio
async def test_a_new_chat_is_read_when_it_speaks(sim: Simulator, tmp_path: Path) -> None:
    async with watched(sim, tmp_path) as watch:
        world = watch.scene.world
        old = world.chats[watch.scene.chat_id]
        people = [one for one in old["participants"]["items"] if not one.get("isSelf")]
        chat = world.create_chat(old["accountID"], people[:2], "group", "New choir")
        message = watch.scene.say("first words", chat_id=chat["id"])
        await watch.until_written("first words")
        assert watch.message(message["id"])["chatID"] == chat["id"]
        assert rows(tmp_path, "select title from chats where id = ?", chat["id"]) == [
            ("New choir",)
        ]


@pytest.mark.asyncio
async def test_a_run_after_a_watch_finds_nothing_new(sim: Simulator, tmp_path: Path) -> None:
    async with watched(sim, tmp_path) as watch:
        for number in range(20):
            watch.scene.say(f"message {number}")
        await watch.fence()
    async with client_of(sim) as client, Archive.open(tmp_path) as archive:
        last = archive.status().last_run
        assert last is not None
        assert (last.sweep, last.was_stopped) == ("full", False)
        report = await archive.update(client)
    assert (report.counts.new, report.counts.vanished, report.resumed) == (0, 0, False)
