"""Headers: those of responses are not trusted, and the token goes where it belongs."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from beeper_async import (
    APIStatusError,
    AsyncBeeperDesktop,
    ConfigurationError,
    InternalServerError,
    OutcomeUnknownError,
    RateLimitError,
)
from beeper_async._http import transport
from beeper_async._http.options import read_options
from beeper_async._http.server_info import NEWEST, parse_version
from beeper_async.events import connection
from beeper_async.testing import Simulator

from .lying_server import LyingServer, response

pytestmark = pytest.mark.asyncio

CASES = json.loads((Path(__file__).parents[1] / "cases/retry_after.json").read_text("utf-8"))
OK = response(200, "{}")
USUAL = "the usual pause"


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Skip the pauses between attempts, and note how long they were to be."""
    noted: list[float] = []

    async def note(seconds: float) -> None:
        noted.append(seconds)

    monkeypatch.setattr(transport, "pause", note)
    return noted


def at(client: AsyncBeeperDesktop, server: LyingServer, **options: Any) -> AsyncBeeperDesktop:
    return client.with_options(base_url=server.url, access_token="t", **options)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["header"])
async def test_a_wait_that_the_app_asks_for_is_kept_or_raised(
    client: AsyncBeeperDesktop, pauses: list[float], case: dict[str, str], status: int
) -> None:
    put_off = response(status, Retry_After=case["header"])
    right = case["right"]
    with LyingServer(put_off, OK) as server:
        view = at(client, server)
        if right.startswith(("waits it", "as 61")):
            with pytest.raises((RateLimitError, InternalServerError)) as caught:
                await view.get("/v1/spec", cast_to=dict)
            assert caught.value.retry_after is not None
            assert caught.value.retry_after > 60
            assert len(server.received) == 1
            assert pauses == []
            server.replies.insert(0, put_off)
            await view.with_options(max_retry_after=None).get("/v1/spec", cast_to=dict)
            assert pauses[0] == pytest.approx(caught.value.retry_after, abs=60)
        else:
            await view.get("/v1/spec", cast_to=dict)
            assert len(server.received) == 2
            if USUAL in right:
                assert 0.25 < pauses[0] <= 0.5
            else:
                assert pauses == [2.0 if "after 2 s" in right else 0.0]


async def test_the_patience_of_a_caller_is_a_setting(
    client: AsyncBeeperDesktop, pauses: list[float]
) -> None:
    with LyingServer(response(429, Retry_After="5")) as server:
        impatient = at(client, server, max_retry_after=4)
        with pytest.raises(RateLimitError) as caught:
            await impatient.messages.send("x", text="hello")
        assert caught.value.retry_after == 5.0
        assert (len(server.received), pauses) == (1, [])
        with pytest.raises(RateLimitError) as at_last:
            await impatient.with_options(max_retry_after=5).messages.send("x", text="hello")
        assert at_last.value.retry_after == 5.0
        assert (len(server.received), pauses) == (4, [5.0, 5.0])


@pytest.mark.parametrize("value", [-1, True, "60", float("nan")])
async def test_a_patience_that_makes_no_sense_is_refused(value: Any) -> None:
    with pytest.raises(ConfigurationError, match="max_retry_after"):
        AsyncBeeperDesktop(access_token="t", max_retry_after=value)


@pytest.mark.parametrize(
    "header", ["1e400", "inf", "-1", "9" * 400, "", "\u00b2", "Fri, 31 Dec 9999 23:59:59 -2359"]
)
@pytest.mark.parametrize("name", ["Retry_After", "retry_after_ms"])
async def test_a_wait_that_is_absurd_costs_nothing(
    client: AsyncBeeperDesktop, pauses: list[float], name: str, header: str
) -> None:
    with LyingServer(response(503, **{name: header})) as server:
        with pytest.raises(OutcomeUnknownError):
            await at(client, server).messages.send("x", text="hello")
        with pytest.raises(InternalServerError):
            await at(client, server).info.retrieve()


@pytest.mark.parametrize(
    "location",
    ["http://[::1", "//", "http://user:secret@h.example/p", "http://h:99999999/", "", "\x7f", "http://[::1]:8/x"],
)  # fmt: skip
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_location_is_told_as_far_as_it_can_be_read(
    client: AsyncBeeperDesktop, location: str, status: int
) -> None:
    with (
        LyingServer(response(status, Location=location)) as server,
        pytest.raises(APIStatusError, match="Redirects are not followed") as caught,
    ):
        await at(client, server).info.retrieve()
    assert "secret" not in str(caught.value)
    assert str(caught.value).isprintable()
    if "[::1]" in location:
        assert "http://[::1]:8" in str(caught.value)


@pytest.mark.parametrize(
    "date",
    ["Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -2359",
     "Thu, 01 Jan 1970 00:00:00 +99999999", "Mon, 01 Jan 0001 00:00:00 +2300",
     "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 27 Nov 2126 00:00:00 GMT", "", "1"],
)  # fmt: skip
async def test_a_date_that_is_absurd_is_not_the_apps_clock(
    client: AsyncBeeperDesktop, date: str
) -> None:
    from datetime import UTC, datetime, timedelta

    with LyingServer(response(502, Date=date)) as server:
        before = datetime.now(UTC)
        with pytest.raises(OutcomeUnknownError) as caught:
            await at(client, server).messages.send("x", text="hello")
    assert caught.value.sent_at is not None
    assert abs(caught.value.sent_at - before) < timedelta(minutes=1)


@pytest.mark.parametrize("text", [None, 5, "", "v4", "9" * 5000, "4." + "9" * 5000, "\u0664.1"])
async def test_a_version_that_cannot_be_read_is_the_newest(text: Any) -> None:
    assert parse_version(text) == NEWEST
    assert parse_version("4.3.73-nightly") == (4, 3, 73)


# --- headers of requests ------------------------------------------------------------------------


def sent(server: LyingServer, name: str) -> list[str]:
    """Return the values under which a header was sent in the last request."""
    lines = [line.partition(":") for line in server.received[-1].head.splitlines()]
    return [value.strip() for key, _, value in lines if key.lower() == name.lower()]


async def test_names_of_headers_are_one_whatever_their_case(client: AsyncBeeperDesktop) -> None:
    with LyingServer(OK) as server:
        view = at(client, server, default_headers={"x-key": "1", "ACCEPT": "*/*"})
        view = view.with_options(default_headers={"X-Key": "2", "content-type": "text/plain"})
        await view.post("/v1/x", cast_to=dict, body={})
    assert sent(server, "x-key") == ["2"]
    assert sent(server, "accept") == ["*/*"]
    assert sent(server, "content-type") == ["application/json"]


@pytest.mark.parametrize("name", ["authorization", "Authorization", "AUTHORIZATION"])
async def test_a_token_that_is_handed_in_wins_over_a_header(
    client: AsyncBeeperDesktop, name: str
) -> None:
    with LyingServer(OK) as server:
        view = at(client, server, default_headers={name: "Bearer custom"})
        await view.get("/v1/x", cast_to=dict)
        assert sent(server, "authorization") == ["Bearer t"]
        await view.with_options(access_token="new").get("/v1/x", cast_to=dict)
        assert sent(server, "authorization") == ["Bearer new"]


@pytest.mark.parametrize("name", ["authorization", "Authorization"])
async def test_a_header_wins_over_the_token_of_the_environment(name: str) -> None:
    env = {"BEEPER_ACCESS_TOKEN": "env", "BEEPER_CUSTOM_HEADERS": f"{name}: Bearer a"}
    options = read_options(environ=env, default_headers={"AUTHORIZATION": "Bearer b"})
    headers = options.headers(auth=True)
    assert [v for n, v in headers.items() if n.lower() == "authorization"] == ["Bearer b"]
    assert not any(n.lower() == "authorization" for n in options.headers(auth=False))


async def test_a_custom_authorization_goes_to_no_other_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BEEPER_ACCESS_TOKEN", "env")
    with LyingServer(OK) as home, LyingServer(OK) as away:
        async with AsyncBeeperDesktop(
            base_url=home.url, default_headers={"authorization": "Bearer custom"}
        ) as client:
            with pytest.raises(ConfigurationError):
                client.with_options(base_url=away.url)
            await client.with_options(base_url=away.url, access_token="t").get("/x", cast_to=dict)
            assert sent(away, "authorization") == ["Bearer t"]
            await client.get("/x", cast_to=dict)
            assert sent(home, "authorization") == ["Bearer custom"]


@pytest.mark.parametrize(
    "options",
    [
        {"default_headers": {"X": "\x01"}},
        {"default_headers": {"X": "\udc00"}},
        {"default_headers": {1: "x"}},
        {"default_headers": {"Content-Length": "1"}},
        {"default_headers": "X: 1"},
        {"default_query": [("a", 1)]},
        {"default_query": {"a": object()}},
        {"default_query": {"a": "\udc00"}},
        {"extra_body": [1]},
        {"extra_body": {1: 2}},
        {"on_response": 5},
        {"timeout": float("nan")},
        {"timeout": "5"},
        {"access_token": 5},
        {"access_token": b"t"},
    ],
    ids=lambda options: re.sub(" at 0x[0-9a-f]+", "", str(options)),
)
async def test_options_that_make_no_sense_are_refused_at_once(
    client: AsyncBeeperDesktop, options: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        client.with_options(**options)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


# --- the socket ---------------------------------------------------------------------------------


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_the_socket_follows_no_redirect(sim: Simulator, status: int, own: bool) -> None:
    with LyingServer(response(404)) as away:
        sim.respond_next(status, path="/v1/ws", headers={"Location": away.url + "/v1/ws"}, times=9)
        async with aiohttp.ClientSession() as session:
            client = AsyncBeeperDesktop(
                access_token=sim.token,
                base_url=sim.url,
                session=None if own else session,
                max_retries=0,
            )
            async with client:
                with pytest.raises(APIStatusError) as caught:
                    async with client.events():
                        pass
    assert caught.value.status_code == status
    assert away.url in str(caught.value)
    assert away.received == []


async def test_a_socket_that_is_put_off_waits_or_tells_for_how_long(
    sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def pause(failures: int, wait: float) -> None:
        waits.append(wait)

    monkeypatch.setattr(connection, "pause", pause)
    async with AsyncBeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        sim.respond_next(429, path="/v1/ws", headers={"Retry-After": "7"}, times=1)
        async with client.events():
            assert waits == [7.0]
        sim.respond_next(429, path="/v1/ws", headers={"Retry-After": "7"}, times=9)
        with pytest.raises(RateLimitError) as caught:
            async with client.with_options(max_retry_after=6).events():
                pass
    assert caught.value.retry_after == 7.0
    assert waits == [7.0], "it did not wait for what is too long"


async def test_a_lost_socket_is_not_opened_sooner_than_told(
    sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    opened = asyncio.Event()

    async def pause(failures: int, wait: float) -> None:
        waits.append(wait)
        if wait:
            opened.set()

    monkeypatch.setattr(connection, "pause", pause)
    async with (
        AsyncBeeperDesktop(access_token=sim.token, base_url=sim.url) as client,
        client.events(),
    ):
        sim.respond_next(503, path="/v1/ws", headers={"Retry-After": "900"}, times=1)
        sim.sockets.drop()
        await opened.wait()
    assert waits[:2] == [0.0, 900.0]
