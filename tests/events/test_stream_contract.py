"""Every message of the wire reference, as a stream makes events of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from beeper_async._codec.fields import parse_time
from beeper_async.events.kinds import (
    AppStateUpdated,
    ChatDeleted,
    ChatUpserted,
    Event,
    MessageCreated,
    MessageDeleted,
    MessageUpserted,
    UnknownEvent,
)

from .. import reference
from ..live import Scene

FILES = sorted(
    path.name
    for path in (reference.HERE / "examples").glob("ws.*.json")
    if not path.name.startswith("ws.client.")
)
EXPECTED: dict[str, list[type[Event]]] = {
    "ws.app_state_updated.json": [AppStateUpdated],
    "ws.chat_deleted.json": [ChatDeleted],
    "ws.chat_upserted.json": [ChatUpserted],
    "ws.error_command.json": [],
    "ws.error_payload.json": [],
    "ws.message_deleted.json": [MessageDeleted],
    "ws.message_upserted.json": [MessageCreated],
    # Of the day before, in a chat that this app doesn't have: they are nothing that is there.
    "ws.message_upserted_epoch_ts.json": [],
    "ws.message_upserted_partial.json": [],  # of messages that this app doesn't know
    "ws.ready.json": [],
    "ws.ready_app.json": [],
    "ws.subscriptions_updated.json": [],
    "ws.subscriptions_updated_app.json": [],
    "ws.unknown_event.json": [UnknownEvent],
}


def test_the_reference_has_no_other_messages() -> None:
    assert sorted(EXPECTED) == FILES


@pytest.mark.asyncio
@pytest.mark.parametrize("file", FILES)
async def test_what_becomes_of_a_message(file: str, scene: Scene) -> None:
    told: dict[str, Any] = reference.example(file)
    async with scene.listening() as events:
        scene.sim.sockets.send(told)
        heard = await scene.heard(events)
    assert [type(event) for event in heard] == EXPECTED[file]
    for event in heard:
        assert event.seq == told["seq"]
        assert not event.recovered
        stamp = told["ts"]
        at = (
            parse_time(stamp)
            if isinstance(stamp, str)
            else datetime.fromtimestamp(stamp / 1000, UTC)
        )
        assert event.at == at
        if isinstance(event, AppStateUpdated):
            assert event.state.to_dict() == told["appState"]
        elif isinstance(event, ChatUpserted | ChatDeleted | MessageDeleted | UnknownEvent):
            assert event.chat_id == told["chatID"]
    shown = [event.message.to_dict() for event in heard if isinstance(event, MessageUpserted)]
    assert shown == (told["entries"] if shown else [])
