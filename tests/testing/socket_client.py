"""A bare client of the socket that holds every message it gets to the wire reference."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import aiohttp
import orjson

from beeper_async.testing import Simulator

from .. import reference
from .wire_check import check, check_model

Json = dict[str, Any]

PATIENCE = 10.0
MESSAGES: dict[str, Json] = {
    one["name"]: one for one in reference.MODELS_FILE["websocket_messages"]
}
NAMES = {
    "subscriptions.set": "WSSubscriptionsSet",
    "ready": "WSReady",
    "subscriptions.updated": "WSSubscriptionsUpdated",
    "error": "WSError",
    "app.state.updated": "WSAppStateUpdated",
}


def check_message(message: Json) -> None:
    """Fail unless a message has the fields of the reference, with the right types."""
    name = NAMES.get(message["type"], "WSDomainEvent")
    fields = {field["wire"]: field for field in MESSAGES[name]["fields"]}
    assert set(message) <= set(fields), f"{set(message) - set(fields)} are unknown in {name}"
    for wire, field in fields.items():
        if wire not in message:
            assert not field["required"], f"{name}.{wire} is required"
        elif field["type"] == "object {state: boolean}":
            assert message[wire] in ({"state": True}, {"state": False})
        elif field["type"] == "union<datetime | integer>":
            kind = "datetime" if isinstance(message[wire], str) else "integer"
            check(message[wire], kind, f"{name}.{wire}")
        else:
            check(message[wire], field["type"], f"{name}.{wire}", field)
    for entry in message.get("entries", ()):
        check_model(entry, "Message", f"{name}.entries")


class SocketClient:
    """One socket; what comes in is read only when asked for."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def hears(self) -> Json:
        """The next message."""
        message: Json = await self.hears_anything()
        check_message(message)
        return message

    async def hears_anything(self) -> Any:
        """The next message, which need not be one of the reference."""
        return orjson.loads(await self.socket.receive_str(timeout=PATIENCE))

    async def hears_all(self, count: int) -> list[Json]:
        """The next messages."""
        return [await self.hears() for _ in range(count)]

    async def says(self, message: Any) -> None:
        """Send one message as JSON."""
        await self.socket.send_str(orjson.dumps(message).decode())

    async def subscribes(self, *chat_ids: str, **fields: Any) -> Json:
        """Subscribe, to every chat unless told otherwise; gives the answer."""
        command = {"type": "subscriptions.set", "requestID": "r1"}
        await self.says(command | {"chatIDs": list(chat_ids or "*")} | fields)
        return await self.hears()

    async def ends(self) -> aiohttp.WSMessage:
        """The last message, which is no text."""
        return await self.socket.receive(timeout=PATIENCE)


def close_within(seconds: float) -> aiohttp.ClientWSTimeout:
    """A limit for the goodbye. The class of aiohttp declares its arguments to mypy only."""
    timeout: aiohttp.ClientWSTimeout = cast("Any", aiohttp.ClientWSTimeout)(ws_close=seconds)
    return timeout


@asynccontextmanager
async def connected(
    sim: Simulator, *, autoping: bool = True, heartbeat: float | None = None
) -> AsyncGenerator[SocketClient]:
    """A client of which nothing was read yet."""
    headers = {"Authorization": f"Bearer {sim.token}"}
    timeout = close_within(PATIENCE)
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            sim.url + "/v1/ws",
            headers=headers,
            timeout=timeout,
            autoping=autoping,
            heartbeat=heartbeat,
        ) as socket,
    ):
        yield SocketClient(socket)


@asynccontextmanager
async def subscribed(sim: Simulator, *chat_ids: str, **fields: Any) -> AsyncGenerator[SocketClient]:
    """A client that hears of every chat unless told otherwise."""
    async with connected(sim) as client:
        assert (await client.hears())["type"] == "ready"
        assert (await client.subscribes(*chat_ids, **fields))["type"] == "subscriptions.updated"
        yield client


async def refused(sim: Simulator, token: str | None = None) -> tuple[int, Any]:
    """The status and body of an upgrade that does not succeed."""
    headers = {
        "Authorization": f"Bearer {sim.token if token is None else token}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    async with (
        asyncio.timeout(PATIENCE),
        aiohttp.ClientSession() as session,
        session.get(sim.url + "/v1/ws", headers=headers) as response,
    ):
        assert response.headers["X-Beeper-Desktop-Version"] == sim.app_version
        return response.status, await response.json()


def kinds(messages: list[Json]) -> list[str]:
    """The type of each message."""
    return [message["type"] for message in messages]
