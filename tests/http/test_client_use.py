"""Uses of a client that can't work: each is refused in words that say what to do."""

import asyncio
import json
import re
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import attrs
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from beeper_async import (
    APIConnectionError,
    AsyncBeeperDesktop,
    Bot,
    ClientUseError,
    ConfigurationError,
    InvalidInputError,
    merge,
    models,
)
from beeper_async.testing import Simulator


async def items(listing: Any) -> None:
    async for _ in listing:
        pass


async def first_page(listing: Any) -> None:
    await listing


async def entered(stream: Any) -> None:
    async with stream:
        pass


USES: dict[str, Callable[[AsyncBeeperDesktop], Awaitable[Any]]] = {
    "call": lambda c: c.info.retrieve(),
    "send": lambda c: c.messages.send("x", text="hello"),
    "send and wait": lambda c: c.messages.send_and_wait("x", text="hello"),
    "find sent": lambda c: c.messages.find_sent("x", since=datetime.now(UTC), text="hello"),
    "start": lambda c: c.chats.start(account_id="a", user={"id": "u"}),
    "raw": lambda c: c.get("/v1/x", cast_to=dict[str, Any]),
    "version": lambda c: c.app_version(),
    "page": lambda c: first_page(c.chats.list()),
    "listing": lambda c: items(c.chats.list()),
    "prefetch": lambda c: entered(c.chats.list().prefetch()),
    "merge": lambda c: entered(merge({"a": c.chats.list()})),
    "events": lambda c: entered(c.events()),
    "follow": lambda c: entered(c.follow("x")),
    "upload": lambda c: c.assets.upload(file=b"x"),
    "download": lambda c: c.assets.serve(url="mxc://a/b").read(),
    "bot": lambda c: Bot().run(c),
}


@pytest.mark.parametrize("name", USES)
def test_outside_of_asyncio_an_error_says_what_to_do(name: str) -> None:
    """Trio, and whatever else drives coroutines by hand, has no event loop of asyncio."""

    async def use() -> None:
        await USES[name](AsyncBeeperDesktop(access_token="t"))

    running = use()
    with pytest.raises(ClientUseError, match="asyncio"):
        running.send(None)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", [name for name in USES if name not in ("prefetch", "merge")])
@pytest.mark.parametrize("closed", ["client", "session"])
async def test_a_closed_client_or_session_is_named(name: str, closed: str) -> None:
    session = aiohttp.ClientSession()
    own = AsyncBeeperDesktop(
        access_token="t", base_url="http://127.0.0.1:9", session=session, max_retries=0
    )
    await (own if closed == "client" else session).close()
    with pytest.raises(ClientUseError, match="closed"):
        await USES[name](own)
    await session.close()


@pytest.mark.parametrize("name", ["call", "events", "download", "listing"])
def test_a_session_of_another_loop_is_named(name: str) -> None:
    async def make() -> aiohttp.ClientSession:
        return aiohttp.ClientSession()

    async def use(session: aiohttp.ClientSession) -> None:
        with pytest.raises(ClientUseError, match="another event loop"):
            await USES[name](AsyncBeeperDesktop(access_token="t", session=session))

    with asyncio.Runner() as first:
        session = first.run(make())
        asyncio.run(use(session))
        first.run(session.close())


def test_what_is_no_session_is_refused() -> None:
    session: Any = object()
    with pytest.raises(ConfigurationError, match="session"):
        AsyncBeeperDesktop(access_token="t", session=session)


class Broken(AbstractResolver):
    """A name server that fails in a way that aiohttp does not foresee."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        raise LookupError("broken")

    async def close(self) -> None:
        pass


@pytest.mark.asyncio
async def test_what_a_session_raises_is_the_cause_of_one_of_our_errors() -> None:
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=Broken())) as session,
        AsyncBeeperDesktop(
            access_token="t", base_url="http://app.example", session=session, max_retries=0
        ) as client,
    ):
        for name in ("call", "download", "events"):
            with pytest.raises(APIConnectionError) as caught:
                await USES[name](client)
            assert isinstance(caught.value.__cause__, LookupError)


JSON_VALUES: list[Any] = [None, True, 1, 1.5, "a", [1, None], {"a": [{}]}]

# --- cast_to ------------------------------------------------------------------------------------


@attrs.frozen
class Foreign:
    x: int = 0


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "cast_to",
    [Foreign, list[Foreign], dict[str, Foreign], dict[int, str], set, tuple, list[bytes], 5, None,
     "dict", complex, Exception, models.Chat | Foreign],
    ids=lambda given: re.sub(" at 0x[0-9a-f]+", "", str(given)),
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
async def test_a_type_that_json_has_not_is_refused_before_anything_is_sent(
    client: AsyncBeeperDesktop, sim: Simulator, cast_to: Any, method: str
) -> None:
    with pytest.raises(InvalidInputError, match="cast_to"):
        await getattr(client, method)("/v1/info", cast_to=cast_to)
    assert sim.requests == []


@pytest.mark.asyncio
@pytest.mark.parametrize("value", JSON_VALUES, ids=str)
async def test_object_takes_any_json(
    client: AsyncBeeperDesktop, sim: Simulator, value: Any
) -> None:
    sim.respond_next(200, text=json.dumps(value), path="/v1/x", before=True)
    assert await client.get("/v1/x", cast_to=object) == value
    sim.respond_next(200, text=json.dumps([value]), path="/v1/x", before=True)
    assert await client.get("/v1/x", cast_to=list[object]) == [value]
    sim.respond_next(200, text=json.dumps({"a": value}), path="/v1/x", before=True)
    assert await client.get("/v1/x", cast_to=dict[str, object]) == {"a": value}


@pytest.mark.asyncio
async def test_unions_of_models_are_read(client: AsyncBeeperDesktop) -> None:
    either: Any = models.InfoRetrieveResponse | dict[str, Any]
    assert isinstance(await client.get("/v1/info", cast_to=either), models.InfoRetrieveResponse)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "wrong",
    [
        {"path": 5},
        {"path": b"/x"},
        {"query": [("a", 1)]},
        {"query": {"a": object()}},
        {"query": {"a": "\udc00"}},
    ],
    ids=lambda given: re.sub(" at 0x[0-9a-f]+", "", str(given)),
)
async def test_what_no_request_can_be_made_of_is_refused(
    client: AsyncBeeperDesktop, sim: Simulator, wrong: dict[str, Any]
) -> None:
    given: dict[str, Any] = {"path": "/v1/x", "cast_to": dict, **wrong}
    with pytest.raises(InvalidInputError):
        await client.get(**given)
    assert sim.requests == []
