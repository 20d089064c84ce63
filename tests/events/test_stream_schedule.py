"""Anything may happen in any order: each message comes once, and those of others in their order."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from beeper_async.events import connection
from beeper_async.events.checkpoint import Checkpoint
from beeper_async.events.kinds import (
    Event,
    MessageCreated,
    MessageEdited,
    ReactionAdded,
    SendStatusChanged,
)
from beeper_async.testing import Simulator

from ..live import DEADLINE, Json, Scene, client_of, of_type

HAPPENINGS = ["say", "say", "say", "send", "confirm", "react", "edit", "mute"]
FAULTS = ["drop", "close", "lose", "repeat", "renumber", "reorder", "refuse", "fail"]
WAITS = ["take", "turns", "hear", "restart"]
steps = st.lists(
    st.tuples(st.sampled_from(HAPPENINGS + HAPPENINGS + FAULTS + WAITS), st.integers(0, 2)),
    max_size=40,
)


class Story:
    """What a consumer lived through, and what it heard."""

    def __init__(self, scene: Scene, buffer: int) -> None:
        self.scene = scene
        self.buffer = buffer
        self.chats = [scene.chat_id, scene.other_id, scene.idle_id]
        self.before = {one: len(scene.world.messages[one]) for one in self.chats}
        self.heard: list[Event] = []
        self.pending: list[tuple[str, str]] = []
        self._said = 0
        scene.world.hold_sends = True

    async def live(self, steps: list[tuple[str, int]]) -> None:
        """Go through the steps; each restart begins a stream from a checkpoint."""
        since: Checkpoint | None = None
        left = list(steps)
        while True:
            self.plan_nothing()  # failures on entering are for others to deal with
            async with self.scene.client.events(since=since, buffer=self.buffer) as events:
                if since is None:
                    self.heard += await self.scene.heard(events)
                while left:
                    step, which = left.pop(0)
                    if step == "take" and len(events._outbox):
                        self.heard.append(await anext(events))
                    elif step == "hear":
                        self.plan_nothing()  # or what is waited for gets lost at the very end
                        self.heard += await self.scene.heard(events, live=False)
                    elif step == "turns":
                        for _ in range(10 * which):
                            await asyncio.sleep(0)
                    elif step == "restart":
                        break
                    else:
                        self.happen(step, self.chats[which])
                else:
                    self.plan_nothing()
                    self.heard += await self.scene.heard(events)
                    self.heard += await self.scene.heard(events)
                    return
                since = Checkpoint.from_json(events.checkpoint().to_json())

    def plan_nothing(self) -> None:
        self.scene.sim.clear_responses()
        self.scene.sim.sockets.clear_faults()

    def happen(self, step: str, chat_id: str) -> None:
        """Let something happen in the world, or go wrong with the connection."""
        world, sockets = self.scene.world, self.scene.sim.sockets
        new: list[Json] = world.messages[chat_id][self.before[chat_id] :]
        self._said += 1
        if step == "say":
            self.scene.say(str(self._said), chat_id=chat_id)
        elif step == "send":
            _, pending = world.send(world.chats[chat_id], "the same")
            self.pending.append((chat_id, pending))
        elif step == "confirm" and self.pending:
            world.confirm_send(*self.pending.pop(0))
        elif step == "react" and new:
            world.people.react(chat_id, new[-1]["id"], str(self._said))
        elif step == "edit" and new and not new[-1].get("isSender"):
            world.people.edit(chat_id, new[-1]["id"], f"edited {self._said}")
        elif step == "mute":
            world.change_chat(chat_id, isMuted=True)
        elif step == "fail":
            self.scene.sim.respond_next(503, path="/v1/*")
        elif step == "refuse":
            sockets.refuse_next()
        elif step in ("drop", "close"):
            getattr(sockets, step)()
        elif step in ("lose", "repeat", "reorder"):
            getattr(sockets, f"{step}_next")()
        elif step == "renumber":
            sockets.repeat_next(renumbered=True)

    def check(self) -> None:
        """Hold what was heard to what there is to be heard."""
        created = of_type(self.heard, MessageCreated)
        for chat_id in self.chats:
            # Not the IDs: the one of a sent message is another one once it has arrived.
            heard = [one for one in created if one.chat_id == chat_id]
            there = self.scene.world.messages[chat_id][self.before[chat_id] :]
            keys = [one.message.sort_key for one in heard]
            assert sorted(keys) == [one["sortKey"] for one in there]
            # An own one may have to be read again first, and others don't wait for that.
            of_others = [one.message.sort_key for one in heard if not one.is_own]
            assert of_others == [one["sortKey"] for one in there if not one.get("isSender")]
        # Changes come in their order too, and nothing is told that was overtaken.
        latest: dict[tuple[type[Event], str], int] = {}
        for event in self.heard:
            if isinstance(event, MessageEdited):
                number = int((event.message.text or "").removeprefix("edited "))
            elif isinstance(event, ReactionAdded):
                number = int(event.reaction.reaction_key)
            else:
                continue
            assert number > latest.get((type(event), event.message_id), 0)
            latest[type(event), event.message_id] = number
        for sent in of_type(self.heard, SendStatusChanged):
            assert sent.message.send_status is not None
            assert sent.message.send_status.status == "SUCCESS"


@pytest.mark.parametrize("buffer", [1000, 2])
def test_each_message_comes_once(buffer: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async def pause(failures: int, wait: float) -> None:
        await asyncio.sleep(0.001 * min(failures, 20))

    monkeypatch.setattr(connection, "pause", pause)

    async def main(steps: list[tuple[str, int]]) -> None:
        async with (
            asyncio.timeout(DEADLINE),
            Simulator(now=datetime.now(UTC)) as sim,
            client_of(sim, max_retries=0) as client,
        ):
            story = Story(Scene(sim, client), buffer)
            await story.live(steps)
            story.check()

    @settings(
        max_examples=30, deadline=None, derandomize=True,
        suppress_health_check=[HealthCheck.too_slow], database=None,
    )  # fmt: skip
    @given(steps)
    def run(steps: list[tuple[str, int]]) -> None:
        asyncio.run(main(steps))

    run()
