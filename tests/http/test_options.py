"""Settings: arguments, environment, defaults; and that secrets show nowhere."""

import copy
import logging
import pickle
from collections.abc import Callable
from typing import Any, cast

import aiohttp
import pytest

import beeper_async
from beeper_async import (
    AsyncBeeperDesktop,
    BeeperDesktopError,
    ConfigurationError,
    ResponseInfo,
    Timeout,
)
from beeper_async._codec.fields import parse_time
from beeper_async._http.options import Options, read_options
from beeper_async._omit import omit
from beeper_async.models import Message
from beeper_async.testing import Simulator
from beeper_sync import BeeperDesktop

from ..awaitable import AwaitableClient

SECRET = "s3cret-token"
CLIENTS: list[Any] = [AsyncBeeperDesktop, BeeperDesktop]


def read(env: dict[str, str], **arguments: Any) -> Options:
    return read_options(environ=env, **arguments)


def test_an_argument_wins_over_the_environment_and_that_over_the_default() -> None:
    env = {"BEEPER_ACCESS_TOKEN": "t", "BEEPER_DESKTOP_BASE_URL": "http://old:1"}
    assert read({"BEEPER_ACCESS_TOKEN": "t"}).base_url == "http://localhost:23373"
    assert read(env).base_url == "http://old:1"
    env["BEEPER_BASE_URL"] = "http://new:2"
    assert read(env).base_url == "http://new:2"
    assert read(env, base_url="https://x.example/beeper/").base_url == "https://x.example/beeper"
    token = read(env, access_token="mine").token
    assert token is not None
    assert token.reveal() == "mine"


def test_custom_headers_come_from_the_environment_and_from_arguments() -> None:
    env = {"BEEPER_ACCESS_TOKEN": "t", "BEEPER_CUSTOM_HEADERS": "X-A: 1\n\nX-B:  two: 2 \n"}
    assert read(env).default_headers == {"X-A": "1", "X-B": "two: 2"}
    assert read(env, default_headers={"X-A": "9"}).default_headers == {"X-A": "9", "X-B": "two: 2"}


@pytest.mark.parametrize("token", ["a b", "!@#$%^&*()=+/~", "  padded\t"])
def test_a_token_that_a_header_can_carry_is_sent(token: str) -> None:
    held = read({}, access_token=token).token
    assert held is not None
    assert held.reveal() == token.strip()


@pytest.mark.parametrize("token", ["a\nb", "a\rb", "a\0b", "a\x7fb", "caf\u00e9", "\u200bx"])
def test_a_token_that_a_header_can_not_carry_is_refused(token: str) -> None:
    with pytest.raises(ConfigurationError, match="HTTP header"):
        read({}, access_token=token)


def test_the_headers_that_every_request_carries() -> None:
    always = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": f"beeper-async/{beeper_async.__version__}",
    }
    options = read({}, access_token="t", default_headers={"X-A": "1", "authorization": "mine"})
    assert options.headers(auth=False) == {**always, "X-A": "1"}
    assert options.headers(auth=True) == {**always, "Authorization": "Bearer t", "X-A": "1"}


@pytest.mark.parametrize("client_type", CLIENTS)
def test_without_a_token_the_error_says_what_to_do(client_type: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        client_type()
    assert "BEEPER_ACCESS_TOKEN" in str(caught.value)
    assert "Settings, Developers" in str(caught.value)
    assert isinstance(caught.value, BeeperDesktopError)


@pytest.mark.parametrize(
    "arguments",
    [
        {"base_url": "localhost:23373"},
        {"base_url": "ftp://x"},
        {"base_url": "http://"},
        {"base_url": "http://x:99999"},
        {"base_url": "http://a b"},
        {"base_url": "http://a/b c"},
        {"base_url": "http://a/%20"},
        {"base_url": "http://.."},
        {"base_url": "http://a%zz"},
        {"base_url": "http://\udcff"},
        {"base_url": "http://x?y=1"},
        {"base_url": "http://x#y"},
        {"base_url": "http://me@x"},
        {"base_url": "http://me:pass@x"},
        {"base_url": "http://:pass@x"},
        {"access_token": "two\nlines"},
        {"access_token": "ümlaut"},
        {"timeout": 0},
        {"timeout": True},
        {"max_retries": -1},
        {"max_retries": 1.5},
        {"default_headers": {"X-A": "1\r\nX-B: 2"}},
        {"default_headers": {"X A": "1"}},
    ],
)
def test_settings_that_make_no_sense_are_refused(arguments: dict[str, Any]) -> None:
    options: dict[str, Any] = {"access_token": "t", **arguments}
    with pytest.raises(ConfigurationError) as caught:
        AsyncBeeperDesktop(**options)
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize("text", ["X-A", ": 1", "X A: 1"])
def test_a_line_that_is_no_header_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ConfigurationError):
        read({"BEEPER_ACCESS_TOKEN": "t", "BEEPER_CUSTOM_HEADERS": text})


def test_timeouts() -> None:
    env = {"BEEPER_ACCESS_TOKEN": "t"}
    assert read(env).timeout == Timeout(total=30.0, connect=5.0)
    assert read(env, timeout=2).timeout == Timeout(total=2.0, connect=2.0)
    assert read(env, timeout=90).timeout == Timeout(total=90.0, connect=5.0)
    assert read(env, timeout=None).timeout.total is None
    assert read(env, timeout=Timeout(total=9, connect=1)).timeout == Timeout(total=9, connect=1)


@pytest.mark.parametrize("client_type", CLIENTS)
def test_the_token_shows_nowhere(client_type: Callable[..., Any]) -> None:
    client = client_type(access_token=SECRET, default_headers={"X-Key": SECRET})
    shown = [repr(client), str(client), repr(client.__dict__), repr(client.chats)]
    asynchronous = getattr(client, "_async", client)
    options = asynchronous._options
    shown += [repr(options), str(options.token)]
    assert not [text for text in shown if SECRET in text]
    for thing in (client, options, options.token):
        with pytest.raises(TypeError):
            pickle.dumps(thing)
    client.with_options(timeout=1)
    if client_type is BeeperDesktop:
        client.close()


@pytest.mark.asyncio
async def test_errors_and_logs_keep_secrets_and_content(
    sim: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    sim.respond_next(status=500, json={"message": "no", "code": "X", "text": "private words"})
    sim.token = SECRET
    with caplog.at_level(logging.DEBUG, "beeper_async"):
        async with AsyncBeeperDesktop(
            access_token=SECRET, base_url=sim.url, max_retries=0
        ) as client:
            with pytest.raises(BeeperDesktopError) as caught:
                await client.chats.search(query="hidden words")
            await client.chats.search(query="hidden words")
    error = caught.value
    assert isinstance(error, beeper_async.InternalServerError)
    assert error.body["text"] == "private words", "what was received is kept for the caller"
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.status_code) == (type(error), str(error), 500)
    assert caplog.messages
    for text in (str(error), repr(error), str(pickle.dumps(error)), repr(copy), caplog.text):
        assert SECRET not in text
        assert "hidden" not in text
        assert "private" not in text


def test_the_content_of_a_message_is_not_in_its_repr() -> None:
    message = Message(
        id="1", account_id="a", chat_id="c", sender_id="s", sort_key="1", text="private words",
        timestamp=parse_time("2026-05-05T20:20:12.497Z"),
    )  # fmt: skip
    assert "private" not in repr(message)
    assert "sort_key='1'" in repr(message)
    assert message.text == "private words"


@pytest.mark.asyncio
async def test_a_view_changes_settings_and_shares_the_session(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    seen: list[ResponseInfo] = []
    view = client.with_options(
        timeout=3,
        max_retries=7,
        default_headers={"X-Trace": "42"},
        default_query={"debug": True},
        extra_body={"note": "x"},
        on_response=seen.append,
    )
    assert (view.max_retries, view.timeout.total) == (7, 3.0)
    assert client.max_retries == 2
    chat = (await view.chats.list(limit=1)).items[0]
    await view.chats.archive(chat.id, archived=False)
    listed, archived = sim.requests
    assert listed.headers["X-Trace"] == "42"
    assert listed.raw_path == "/v1/chats?limit=1&debug=true"
    assert archived.json == {"archived": False, "note": "x"}
    assert [(info.status_code, info.request.name) for info in seen] == [
        (200, "chats.list"),
        (204, "chats.archive"),
    ]
    assert seen[0].headers["X-Beeper-Desktop-Version"] == "4.3.73"
    assert seen[0].elapsed > 0
    if not isinstance(client, AwaitableClient):
        await view.close()
    await client.chats.retrieve(chat.id)
    assert "X-Trace" not in sim.requests[-1].headers
    assert client.copy(max_retries=0).max_retries == 0


@pytest.mark.asyncio
async def test_a_token_is_not_taken_to_another_host(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    with pytest.raises(ConfigurationError, match="access_token"):
        client.with_options(base_url="http://elsewhere.example")
    assert client.with_options(base_url=f"{sim.url}/proxy").base_url.endswith("/proxy")
    other = client.with_options(base_url="http://elsewhere.example", access_token="other")
    assert other.base_url == "http://elsewhere.example"


@pytest.mark.asyncio
async def test_a_redirect_is_not_followed(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    with Simulator() as other:
        sim.respond_next(status=307, headers={"Location": f"{other.url}/v1/chats"}, before=True)
        with pytest.raises(beeper_async.APIStatusError, match="base_url") as caught:
            await client.chats.list()
        assert other.requests == []
    assert caught.value.status_code == 307


@pytest.mark.asyncio
async def test_a_base_url_with_a_path_is_kept() -> None:
    with Simulator(base_path="/desk/one") as sim:
        async with AsyncBeeperDesktop(access_token=sim.token, base_url=sim.url + "/") as client:
            await client.chats.list()
        assert sim.requests[0].raw_path == "/desk/one/v1/chats"


@pytest.mark.asyncio
async def test_a_session_of_the_user_is_used_and_not_closed(sim: Simulator) -> None:
    async with aiohttp.ClientSession(
        headers={"X-Mine": "1"}, raise_for_status=True, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        async with AsyncBeeperDesktop(
            access_token=sim.token, base_url=sim.url, session=session
        ) as client:
            await client.chats.list()
            with pytest.raises(beeper_async.NotFoundError):
                await client.chats.retrieve("x")
        assert not session.closed
    assert sim.requests[0].headers["X-Mine"] == "1"


@pytest.mark.asyncio
async def test_views_of_views_add_to_each_other(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    first = client.with_options(
        extra_body={"a": 1, "b": 1}, default_query={"x": "1"}, default_headers={"X-A": "1"}
    )
    second = first.with_options(
        extra_body={"b": 2}, default_query={"y": "2"}, default_headers={"X-B": "2"}
    )
    chat = (await second.chats.list(limit=1)).items[0]
    await second.chats.archive(chat.id, archived=True)
    listed, archived = sim.requests
    assert dict(listed.query) == {"limit": "1", "x": "1", "y": "2"}
    assert (listed.headers["X-A"], listed.headers["X-B"]) == ("1", "2")
    assert listed.body == b"", "a GET has no body that could be added to"
    assert archived.json == {"archived": True, "a": 1, "b": 2}


@pytest.mark.asyncio
async def test_a_query_of_nothing_leaves_no_trace(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    await client.with_options(default_query={"x": None}).info.retrieve()
    assert sim.requests[-1].raw_path == "/v1/info"


def test_what_is_left_out_stays_itself() -> None:
    assert pickle.loads(pickle.dumps(omit)) is omit
    assert copy.deepcopy({"a": omit})["a"] is omit
    assert repr(omit) == "omit"


@pytest.mark.asyncio
async def test_calls_without_a_method(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    info = await client.get("/v1/info", cast_to=dict[str, Any])
    assert info["app"]["version"] == "4.3.73"
    chats = await client.get("/v1/chats", cast_to=dict[str, Any], query={"limit": 2})
    assert len(chats["items"]) == 2
    chat_id = chats["items"][0]["id"]
    sent = await client.post(
        f"/v1/chats/{chat_id}/messages", cast_to=dict[str, str], body={"text": "hi"}
    )
    assert sent["chatID"] == chat_id
    chat = await client.patch(
        f"/v1/chats/{chat_id}", cast_to=beeper_async.models.Chat, body={"isMuted": True}
    )
    assert chat.is_muted is True
    await client.delete(f"/v1/chats/{chat_id}/reminders", cast_to=type(None))
    accounts = cast("list[Any]", await client.get("/v1/accounts", cast_to=list))
    assert all("accountID" in account for account in accounts)
    assert len(accounts) > 1
    with pytest.raises(beeper_async.APIResponseValidationError, match="expected a list"):
        await client.get("/v1/info", cast_to=list)
    with pytest.raises(beeper_async.APIResponseValidationError, match="expected an object"):
        await client.get("/v1/accounts", cast_to=dict)
    assert "version" in await client.get("/v1/info", cast_to=str)
    assert (await client.get("/v1/info", cast_to=bytes)).startswith(b"{")
    with pytest.raises(beeper_async.NotFoundError):
        await client.put("/v1/nothing", cast_to=dict, body={})
    assert sim.requests[-1].method == "PUT"


@pytest.mark.parametrize("level", ["debug", "info", "INFO"])
def test_beeper_log_shows_calls_on_standard_error(
    sim: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    level: str,
) -> None:
    logger = logging.getLogger("beeper_async")
    logger.addHandler(logging.NullHandler())  # as commands do
    monkeypatch.setenv("BEEPER_LOG", level)
    try:
        with BeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
            sim.respond_next(status=500)
            client.chats.list()
            assert logger.level == getattr(logging, level.upper())
        monkeypatch.setenv("BEEPER_LOG", "loud")
        with pytest.raises(ConfigurationError):
            BeeperDesktop(access_token="t")
    finally:
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)
    shown = capsys.readouterr().err
    assert "chats.list: attempt 1 failed" in shown
    assert ("chats.list: 200" in shown) == (level == "debug")
