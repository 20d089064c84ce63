"""The server itself: tokens, odd requests, recordings, planned answers, starting and stopping."""

from __future__ import annotations

import asyncio
import gc
import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from beeper_async.testing import RecordedRequest, Simulator

Api = Callable[..., Awaitable[tuple[int, Any]]]
Json = dict[str, Any]


def blocking(sim: Simulator, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
    address = urlsplit(sim.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    try:
        headers = {"Authorization": f"Bearer {sim.token}"}
        connection.request(method, address.path + path, body, headers)
        response = connection.getresponse()
        content = response.read()
        return response.status, json.loads(content) if content else None
    finally:
        connection.close()


# -- tokens and odd requests ----------------------------------------------------------------


@pytest.mark.asyncio
async def test_info_needs_no_token(sim: Simulator, api: Api) -> None:
    status, info = await api("GET", "/v1/info", token="wrong")
    assert status == 200
    assert info["app"]["version"] == "4.3.73"
    assert info["server"]["base_url"] == sim.url
    assert info["server"]["port"] == urlsplit(sim.url).port
    assert info["endpoints"]["ws_events"] == f"{sim.url}/v1/ws"


@pytest.mark.asyncio
async def test_a_bad_token_is_401(sim: Simulator, api: Api) -> None:
    expected = {"message": "Unauthorized: Invalid or missing token", "code": "unauthorized"}
    for token in ("wrong", ""):
        assert await api("GET", "/v1/chats", token=token) == (401, expected)
    async with aiohttp.ClientSession() as session, session.get(sim.url + "/v1/chats") as response:
        assert response.status == 401
        assert await response.json() == expected
        assert response.headers["X-Beeper-Desktop-Version"] == "4.3.73"
    sim.token = "wrong"
    assert (await api("GET", "/v1/chats", token="wrong"))[0] == 200


@pytest.mark.asyncio
async def test_a_missing_scope_is_403(sim: Simulator, api: Api, mum: Json) -> None:
    sim.scopes = ("read",)
    assert (await api("GET", "/v1/chats"))[0] == 200
    status, error = await api("POST", f"/v1/chats/{mum['id']}/archive", {})
    assert status == 403
    assert error == {"message": "Token lacks the write scope", "code": "forbidden"}
    assert mum["isArchived"] is False
    sim.scopes = ("write",)
    assert (await api("GET", "/v1/chats"))[0] == 403


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v2/chats"),
        ("GET", "/v1/chats/"),
        ("GET", "/v1/chatss"),
        ("PUT", "/v1/chats"),
        ("OPTIONS", "/v1/chats"),
        ("GET", "/v1//chats"),
        ("GET", "/v1/chats/a/b"),
    ],
)
async def test_an_unknown_route_is_404_json(api: Api, method: str, path: str) -> None:
    status, error = await api(method, path)
    assert status == 404
    assert set(error) == {"message", "code"}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "raw", [b"{", b"nope", b"\xff", b'{"archived": tru}', b"[1]", b'"x"', b"null"]
)
async def test_a_body_must_be_a_json_object(api: Api, mum: Json, raw: bytes) -> None:
    status, error = await api("POST", f"/v1/chats/{mum['id']}/archive", raw=raw)
    assert status == 400
    assert {"message", "code"} <= set(error)


@pytest.mark.asyncio
async def test_a_broken_world_is_500(sim: Simulator, api: Api, mum: Json) -> None:
    del mum["participants"]
    status, error = await api("GET", f"/v1/chats/{mum['id']}")
    assert status == 500
    assert error == {"message": "Internal error", "code": "INTERNAL_ERROR"}


@pytest.mark.asyncio
async def test_everything_moves_under_the_base_path() -> None:
    async with Simulator(base_path="/proxy/beeper/") as sim:
        assert sim.url.endswith("/proxy/beeper")
        assert (await asyncio.to_thread(blocking, sim, "GET", "/v1/chats"))[0] == 200
        _, info = await asyncio.to_thread(blocking, sim, "GET", "/v1/info")
        assert info["server"]["base_url"] == sim.url
        outside = sim.url.removesuffix("/proxy/beeper") + "/v1/info"
        async with aiohttp.ClientSession() as session, session.get(outside) as response:
            assert response.status == 404


# -- recordings -----------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_requests_are_recorded_as_they_came(sim: Simulator, api: Api) -> None:
    target = "/v1/chats/%21a%2Fb:c?maxParticipantCount=3&x=a+b&x=%C3%A4&empty="
    await api("GET", target)
    await api("POST", "/v1/chats", {"title": "é"})
    first, second = sim.requests
    assert isinstance(first, RecordedRequest)
    assert first.raw_path == target
    assert first.request_line == f"GET {target}"
    assert first.path == "/v1/chats/!a/b:c"
    assert first.query == [("maxParticipantCount", "3"), ("x", "a b"), ("x", "ä"), ("empty", "")]
    assert first.body == b""
    assert first.json is None
    assert first.headers["authorization"] == f"Bearer {sim.token}"
    assert second.json == {"title": "é"}
    assert second.method == "POST"
    assert sim.token not in repr(second)
    sim.clear_requests()
    assert sim.requests == []


# -- planned answers ------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_an_answer_can_be_lost_after_the_effect(sim: Simulator, api: Api, mum: Json) -> None:
    path = f"/v1/chats/{mum['id']}/archive"
    sim.respond_next(status=502)
    status, error = await api("POST", path, {"archived": True})
    assert status == 502
    assert error["code"] == "BAD_GATEWAY"
    assert mum["isArchived"] is True
    assert (await api("POST", path, {"archived": False}))[0] == 204


@pytest.mark.asyncio
async def test_an_answer_can_replace_the_effect(sim: Simulator, api: Api, mum: Json) -> None:
    path = f"/v1/chats/{mum['id']}/archive"
    sim.respond_next(status=429, headers={"Retry-After": "2"}, before=True, times=2)
    for _ in range(2):
        assert (await api("POST", path, {"archived": True}))[0] == 429
    assert mum["isArchived"] is False
    assert (await api("POST", path, {"archived": True}))[0] == 204


@pytest.mark.asyncio
async def test_plans_can_be_picky(sim: Simulator, api: Api, mum: Json) -> None:
    sim.respond_next(status=503, method="post", path="/v1/chats/*/archive")
    sim.respond_next(status=418, path=f"/v1/chats/{mum['id']}")
    assert (await api("GET", "/v1/chats"))[0] == 200
    escaped = mum["id"].replace("!", "%21")
    assert (await api("GET", f"/v1/chats/{escaped}"))[0] == 418
    assert (await api("POST", f"/v1/chats/{mum['id']}/archive"))[0] == 503
    sim.respond_next(status=500, times=5)
    sim.clear_responses()
    assert (await api("GET", "/v1/chats"))[0] == 200


@pytest.mark.asyncio
async def test_canned_bodies_and_headers(sim: Simulator) -> None:
    async with aiohttp.ClientSession() as session:
        plans: list[tuple[Json, str, str | None]] = [
            (
                {"text": "<h1>no</h1>", "headers": {"content-type": "text/html"}},
                "text/html",
                "<h1>",
            ),
            ({"text": b"\x00\xff"}, "text/plain", None),
            ({"json": {"id": 5}, "status": 200}, "application/json", '{"id":5}'),
            ({"json": [], "status": 200}, "application/json", "[]"),
            ({"text": ""}, "text/plain", ""),
        ]
        for plan, content_type, text in plans:
            sim.respond_next(**plan)
            async with session.get(sim.url + "/v1/info") as response:
                assert response.status == plan.get("status", 500)
                assert response.content_type == content_type
                assert response.headers["X-Beeper-Desktop-Version"] == "4.3.73"
                content = await response.read()
                assert text is None or content.decode().startswith(text)
        sim.respond_next(headers={"X-Beeper-Desktop-Version": "9.9.9"})
        async with session.get(sim.url + "/v1/info") as response:
            assert response.headers.getall("X-Beeper-Desktop-Version") == ["9.9.9"]


@pytest.mark.asyncio
async def test_answers_can_be_late(sim: Simulator, api: Api) -> None:
    sim.respond_next(status=None, delay=0.15, headers={"X-Late": "yes"})
    began = time.monotonic()
    status, page = await api("GET", "/v1/chats?limit=1")
    assert status == 200
    assert len(page["items"]) == 1
    assert time.monotonic() - began >= 0.14


@pytest.mark.asyncio
@pytest.mark.parametrize("before", [True, False])
async def test_connections_can_be_dropped(
    sim: Simulator, api: Api, mum: Json, before: bool
) -> None:
    sim.drop_next(before=before, method="POST")
    with pytest.raises(aiohttp.ClientConnectionError):
        await api("POST", f"/v1/chats/{mum['id']}/archive")
    assert mum["isArchived"] is not before
    assert len(sim.requests) == 1
    assert (await api("GET", "/v1/chats"))[0] == 200


def test_nonsense_plans_are_refused() -> None:
    with pytest.raises(ValueError, match="json or text"):
        Simulator().respond_next(json={}, text="")
    with pytest.raises(ValueError, match="times"):
        Simulator().respond_next(times=0)


# -- starting and stopping ------------------------------------------------------------------


def test_blocking_code_needs_no_loop() -> None:
    with Simulator() as sim:
        assert blocking(sim, "GET", "/v1/chats")[0] == 200
        sim.respond_next(status=500)
        assert blocking(sim, "GET", "/v1/chats")[0] == 500
        assert len(sim.requests) == 2
    with pytest.raises(RuntimeError, match="not running"):
        _ = sim.url
    with sim:
        assert blocking(sim, "GET", "/v1/chats")[0] == 200


@pytest.mark.asyncio
async def test_a_thread_of_its_own_works_inside_a_loop() -> None:
    with Simulator() as sim:
        assert blocking(sim, "GET", "/v1/chats")[0] == 200


@pytest.mark.asyncio
async def test_starting_twice_is_refused(sim: Simulator) -> None:
    with pytest.raises(RuntimeError, match="already running"):
        await sim.__aenter__()
    with pytest.raises(RuntimeError, match="already running"):
        sim.__enter__()


def test_a_taken_port_is_an_error_and_leaves_nothing_behind() -> None:
    with Simulator() as sim:
        port = urlsplit(sim.url).port or 0
        with pytest.raises(OSError, match="address"), Simulator(port=port):
            pytest.fail("two servers on one port")
    threads = [thread.name for thread in threading.enumerate()]
    assert "beeper-simulator" not in threads
    with Simulator(port=port) as sim:
        assert urlsplit(sim.url).port == port


def test_stopping_does_not_wait_for_open_connections() -> None:
    with Simulator() as sim:
        address = urlsplit(sim.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        connection.request("GET", "/v1/info")
        connection.getresponse().read()
        sim.respond_next(delay=60)
        waiting = threading.Thread(target=lambda: blocking(sim, "GET", "/v1/info"))
        waiting.start()
        while len(sim.requests) < 2:
            time.sleep(0.01)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    waiting.join()
    connection.close()
    gc.collect()


def test_many_threads_at_once() -> None:
    def work(sim: Simulator, chat_id: str) -> None:
        for _ in range(10):
            assert blocking(sim, "POST", f"/v1/chats/{chat_id}/messages", b'{"text":"x"}')[0] == 200
            sim.world.receive(chat_id, "y")
            _ = sim.requests

    with Simulator() as sim:
        chat_id = sim.world.by_activity()[0]["id"]
        before = len(sim.world.messages[chat_id])
        threads = [threading.Thread(target=work, args=(sim, chat_id)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        messages = sim.world.messages[chat_id]
        assert len(messages) - before == 160
        assert len(sim.requests) == 80
        keys = [int(message["sortKey"]) for message in messages]
        assert keys == sorted(set(keys)), "no two messages share a sort key"


@pytest.mark.asyncio
async def test_a_given_now_lets_time_pass() -> None:
    now = datetime.now(UTC)
    sim = Simulator(now=now)
    newest = datetime.fromisoformat(sim.world.by_activity()[0]["lastActivity"])
    assert 0 < (now - newest).total_seconds() < 3600


def test_importing_the_package_loads_no_server() -> None:
    code = "import sys, beeper_async.testing; print('aiohttp.web' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_running_it_alone() -> None:
    command = [sys.executable, "-W", "error", "-m", "beeper_async.testing", "--token", "t o"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines: list[str] = [process.stdout.readline().strip() for _ in range(5)]
        url = lines[3].removeprefix("export BEEPER_BASE_URL=")
        assert url in lines[0]
        assert lines[4] == "export BEEPER_ACCESS_TOKEN='t o'"
        address = urlsplit(url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        connection.request("GET", "/v1/info")
        assert connection.getresponse().read()
        connection.close()
        process.send_signal(2)
        assert process.wait(10) == 0


@pytest.mark.asyncio
async def test_stopping_in_the_loop_with_connections_and_requests_open() -> None:
    async with aiohttp.ClientSession() as session:
        async with Simulator() as sim:
            async with session.get(sim.url + "/v1/info") as response:
                await response.read()
            sim.respond_next(delay=60)
            waiting = asyncio.ensure_future(session.get(sim.url + "/v1/info"))
            while len(sim.requests) < 2:  # noqa: ASYNC110 - nothing tells of an arrival
                await asyncio.sleep(0.01)
            began = time.monotonic()
        assert time.monotonic() - began < 5
        await asyncio.gather(waiting, return_exceptions=True)
        if not waiting.cancelled() and waiting.exception() is None:
            waiting.result().close()
    gc.collect()
