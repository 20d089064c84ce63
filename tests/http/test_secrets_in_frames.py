"""What tools show of an error: the variables of each frame, and no token or text in them.

Error trackers and debuggers print the local variables of all frames of an exception, of its cause
and of its context. The frame of the method that the caller called has the caller's own arguments;
below it nothing may show the text of a message, and no frame of ours or of aiohttp a token.
"""

import json
import traceback
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, cast

import pytest

from beeper_async import AsyncBeeperDesktop, BeeperDesktopError, InvalidInputError
from beeper_async._codec.json_values import is_object
from beeper_async._http import retry
from beeper_async.resources.base import AsyncResource
from beeper_async.testing import Simulator
from beeper_sync import BeeperDesktop
from beeper_sync.base import SyncResource

from ..awaitable import AwaitableClient, Pending
from .lying_server import LyingServer, response

TOKEN = "tok3n-of-the-user"
KEY = "k3y-in-a-header"
COOKIE = "c00kie-of-the-server"
TEXT = "t3xt of a message"
SECRETS = (TOKEN, KEY, COOKIE)

HERE = Path(__file__).parents[1]

HTML = f"<html>{TEXT}</html>"
MISFIT = json.dumps({"chatID": 5, "text": TEXT})
PAGE = json.dumps({"items": [{"id": 5, "text": TEXT}], "hasMore": False})
MISSING = json.dumps({"code": "X", "message": "no", "text": TEXT})


def is_method_of_user(frame: FrameType) -> bool:
    """Whether it is a method that users call: its arguments are their own."""
    owner = frame.f_locals.get("self")
    kinds = (AsyncBeeperDesktop, BeeperDesktop, AsyncResource, SyncResource)
    name = frame.f_code.co_name
    return isinstance(owner, kinds) and (name == "__init__" or not name.startswith("_"))


def frames(
    error: BaseException, *, own: bool = False
) -> Iterator[tuple[BaseException, FrameType, bool]]:
    """Yield every frame that an error leads to, and whether it is below a method of the user's."""
    pending, seen = [error], set[int]()
    while pending:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        for frame, _ in traceback.walk_tb(current.__traceback__):
            if not own and frame.f_code.co_filename.startswith(str(HERE)):
                continue
            yield current, frame, not is_method_of_user(frame)
        pending += [e for e in (current.__cause__, current.__context__) if e is not None]
        if isinstance(current, BaseExceptionGroup):
            pending += cast("tuple[BaseException, ...]", current.exceptions)


def shown(value: Any, depth: int = 5) -> Iterator[str]:
    """Yield what a tool prints of a variable: its repr, and those of what is in containers."""
    try:
        yield repr(value)
    except AttributeError:  # a client whose making failed
        return
    if depth and is_object(value):
        for pair in value.items():
            yield from shown(list(pair), depth - 1)
    elif depth and isinstance(value, list | tuple | set | frozenset):
        for item in cast("list[Any]", value):
            yield from shown(item, depth - 1)


def leaks(error: BaseException) -> list[str]:
    found: list[str] = []
    for current, frame, below in frames(error):
        for name, value in frame.f_locals.items():
            if name in ("access_token", "default_headers") and not below:
                continue  # the caller's own
            if name in ("chunk", "received") and frame.f_code.co_filename.endswith("downloads.py"):
                continue  # the content of a file
            for text in shown(value):
                bad = [s for s in SECRETS if s in text] + ([TEXT] if below and TEXT in text else [])
                if bad:
                    place = f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_name}"
                    found.append(f"{type(current).__name__} {place}: {name} shows {bad}")
    found += [f"{type(error).__name__} itself" for s in (*SECRETS, TEXT) if s in repr(error)]
    return found


Call = Callable[[Any], Awaitable[Any]]


async def items(listing: Any) -> None:
    async for _ in listing:
        pass


async def prefetched(listing: Any) -> None:
    async with listing.prefetch() as stream:
        async for _ in stream:
            pass


async def read(download: Any) -> None:
    if isinstance(download, Pending):
        download.call().read()
    else:
        await download.read()


CALLS: dict[str, Call] = {
    "send": lambda c: c.messages.send("x", text=TEXT),
    "edit": lambda c: c.messages.update("m", chat_id="x", text=TEXT),
    "search": lambda c: c.messages.search(query=TEXT),
    "search all": lambda c: items(c.messages.search(query=TEXT)),
    "prefetch": lambda c: prefetched(c.messages.search(query=TEXT)),
    "retrieve": lambda c: c.messages.retrieve("m", chat_id="x"),
    "archive": lambda c: c.chats.archive("x"),
    "start": lambda c: c.chats.start(account_id="a", user={"id": "u"}, message_text=TEXT),
    "post": lambda c: c.post("/v1/x", cast_to=dict, body={"text": TEXT}),
    "download": lambda c: read(c.assets.serve(url="mxc://a/b")),
    "upload": lambda c: c.assets.upload(file=TEXT.encode()),
    "send and wait": lambda c: c.messages.send_and_wait("x", text=TEXT),
    "unwritable": lambda c: c.post("/v1/x", cast_to=dict, body={"text": TEXT, "x": object()}),
}

COOKIES = {"Set_Cookie": f"s={COOKIE}"}
REPLIES: dict[str, bytes] = {
    "refused": b"",
    "401": response(401, MISSING, **COOKIES),
    "400": response(400, MISSING, **COOKIES),
    "302": response(302, HTML, Location=f"http://h/{COOKIE}", **COOKIES),
    "429": response(429, MISSING, Retry_After="3600", **COOKIES),
    "500": response(500, HTML, **COOKIES),
    "html": response(200, HTML, **COOKIES),
    "half": response(200, PAGE[:-9], **COOKIES),
    "misfit": response(200, MISFIT, **COOKIES),
    "bad page": response(200, PAGE, **COOKIES),
    "list": response(200, f'["{TEXT}"]', **COOKIES),
    "empty": response(200, "", **COOKIES),
    "hang up": b"",
    "no http": f"{TEXT} {COOKIE}\r\n\r\n".encode(),
    "bad header": f"HTTP/1.1 200 OK\r\nSet-Cookie: {COOKIE}\x00\r\n{TEXT}\r\n\r\n".encode(),
    "cut off": response(200, PAGE, Content_Length="9000", **COOKIES),
    "bad gzip": response(200, PAGE, Content_Encoding="gzip", **COOKIES),
    "timeout": b"",
}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_FIRST_DELAY", 0.001)


def make(kind: str, url: str) -> Any:
    cls: Any = AsyncBeeperDesktop if kind == "async" else BeeperDesktop
    return cls(
        access_token=TOKEN,
        base_url=url,
        default_headers={"X-Key": KEY, "Cookie": COOKIE},
        max_retries=1,
        timeout=20,
    )


async def errors(kind: str, reply: str) -> dict[str, BeeperDesktopError]:
    """Make each call to a server that replies like this, and return what they raised."""
    caught: dict[str, BeeperDesktopError] = {}
    waits = reply == "timeout"
    with LyingServer(REPLIES[reply]) as server:
        url = "http://127.0.0.1:9" if reply == "refused" else server.url
        client = make(kind, url)
        both = AwaitableClient(client) if kind == "blocking" else client
        view = both.with_options(timeout=0.000001, max_retries=0) if waits else both
        try:
            for name, call in CALLS.items():
                try:
                    await call(view)
                except BeeperDesktopError as error:
                    caught[name] = error
        finally:
            client.close() if kind == "blocking" else await client.close()
    return caught


@pytest.mark.asyncio
@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("kind", ["async", "blocking"])
async def test_no_frame_of_an_error_shows_a_secret_or_a_text(kind: str, reply: str) -> None:
    caught = await errors(kind, reply)
    assert len(caught) >= 4, "this kind of reply makes hardly any error"
    found = {name: leaks(error) for name, error in caught.items() if leaks(error)}
    assert found == {}


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [200, 302, 401, 500])
@pytest.mark.parametrize("kind", ["async", "blocking"])
async def test_no_frame_of_a_failed_socket_shows_one(kind: str, status: int) -> None:
    with Simulator(token=TOKEN) as sim:
        sim.respond_next(status, path="/v1/ws", headers={"Set-Cookie": COOKIE}, text=TEXT, times=9)
        client = make(kind, sim.url)
        view = client.with_options(max_retries=0)
        with pytest.raises(BeeperDesktopError) as caught:
            if kind == "async":
                async with client, view.events():
                    pass
            else:
                with client:
                    list(view.events())
        assert leaks(caught.value) == []


@pytest.mark.parametrize("cls", [AsyncBeeperDesktop, BeeperDesktop])
@pytest.mark.parametrize(
    "wrong",
    [
        {"access_token": f"{TOKEN}\n{TOKEN}"},
        {"default_headers": {"X-Key": f"{KEY}\r\n"}},
        {"default_headers": {"X Key": KEY}},
        {"max_retries": -1},
        {"base_url": "ftp://x"},
    ],
    ids=str,
)
def test_no_frame_of_a_refused_setting_shows_one(
    cls: Any, wrong: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEEPER_CUSTOM_HEADERS", f"X-Key: {KEY}")
    right = {"access_token": TOKEN, "default_headers": {"X-Key": KEY}}
    options: dict[str, Any] = {**right, **wrong}
    with pytest.raises(BeeperDesktopError) as caught:
        cls(**options)
    assert leaks(caught.value) == []
    if cls is AsyncBeeperDesktop:
        client = cls(access_token="t")
        with pytest.raises(BeeperDesktopError) as changed:
            client.with_options(**options)
        assert leaks(changed.value) == []


class Endless(str):
    """A text that says to be longer than it is."""

    __slots__ = ()

    def __len__(self) -> int:
        return 10**9


# Refused before a request is made. Each has the text in what is refused, or next to it.
REFUSED: dict[str, Call] = {
    "a field": lambda c: c.messages.send("x", attachment={"upload_id": 5, "file_name": TEXT}),
    "a type of field": lambda c: c.messages.send("x", attachment={"upload_id": "u", "size": TEXT}),
    "an unknown field": lambda c: c.messages.send("x", attachment={"odd": TEXT}),
    "a missing field": lambda c: c.messages.send("x", attachment={"file_name": TEXT}),
    "two files": lambda c: c.messages.send("x", attachment={"upload_id": TEXT}, file=TEXT.encode()),
    "a file": lambda c: c.assets.upload(file=(TEXT.encode(),)),
    "a file's type": lambda c: c.assets.upload(file=("n", TEXT.encode(), "a\n")),
    "a file's content": lambda c: c.messages.send("x", file=[TEXT]),
    "nothing": lambda c: c.messages.send("x", text="", reply_to_message_id=TEXT),
    "NaN": lambda c: c.post("/v1/x", cast_to=dict, body={"text": TEXT, "n": float("nan")}),
    "an ID": lambda c: c.messages.send(f"{TEXT}\ud800", text=TEXT),
    "no ID": lambda c: c.messages.update("", chat_id=TEXT, text=TEXT),
    "an ID of a kind": lambda c: c.bridges.logins.list(TEXT),
    "a time": lambda c: c.messages.search(query=TEXT, date_after=TEXT),
    "a moment": lambda c: c.messages.find_sent("x", since=TEXT, text=TEXT),
    "a timeout": lambda c: c.messages.send_and_wait("x", text=TEXT, timeout=TEXT),
    "a list": lambda c: c.messages.search(query=TEXT, chat_ids=TEXT),
    "a list of texts": lambda c: c.messages.search(query=TEXT, chat_ids=[TEXT, 5]),
    "a choice": lambda c: c.messages.search(query=TEXT, direction=TEXT),
    "choices": lambda c: c.messages.search(query=TEXT, media_types=[TEXT]),
    "a number": lambda c: c.messages.search(query=TEXT, limit=TEXT),
    "a flag": lambda c: c.chats.search(query=TEXT, unread_only=TEXT),
    "words": lambda c: c.messages.search(query=[TEXT, object()]),
    "half a letter": lambda c: c.messages.search(query=f"{TEXT}\ud800"),
    "a draft": lambda c: c.chats.update("x", draft={"text": TEXT, "attachments": TEXT}),
    "a person": lambda c: c.chats.start(account_id="a", user={"id": 5, "full_name": TEXT}),
    "a reminder": lambda c: c.chats.reminders.create("x", reminder={"remind_at": TEXT}),
    "a reaction": lambda c: c.chats.messages.reactions.add("", chat_id=TEXT, reaction_key=TEXT),
    "base64": lambda c: c.assets.upload_base64(content=Endless(TEXT)),
    "cookies": lambda c: c.bridges.login_sessions.steps.submit(
        "s", bridge_id="b", login_session_id="l", type="cookies", fields={"a": TEXT, "b": 5}
    ),
    "a consent": lambda c: c.app.setup.register(
        accept_terms=TEXT, lead_token=TEXT, setup_request_id=TEXT, username=TEXT
    ),
    "a path": lambda c: c.get(TEXT, cast_to=dict),
    "a path with spaces": lambda c: c.get(f"/v1/{TEXT}", cast_to=dict),
    "a path with dots": lambda c: c.get(f"/v1/../{TEXT}", cast_to=dict),
    "a query": lambda c: c.get("/v1/x", cast_to=dict, query=[TEXT, TEXT]),
    "a query's value": lambda c: c.get("/v1/x", cast_to=dict, query={"q": [TEXT, object()]}),
    "a query's letter": lambda c: c.get("/v1/x", cast_to=dict, query={"q": f"{TEXT}\ud800"}),
    "a type": lambda c: c.post("/v1/x", cast_to=set, body={"text": TEXT, "token": TEXT}),
}


async def attempt(result: Any) -> None:
    if hasattr(result, "__await__"):
        await result
    else:
        await items(result)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("kind", ["async", "blocking"])
async def test_no_frame_of_a_refused_parameter_shows_one(kind: str, name: str) -> None:
    client = make(kind, "http://127.0.0.1:9")
    try:
        with pytest.raises(InvalidInputError) as caught:
            await attempt(REFUSED[name](AwaitableClient(client) if kind == "blocking" else client))
    finally:
        client.close() if kind == "blocking" else await client.close()
    assert leaks(caught.value) == []


def test_the_search_sees_through_containers_causes_contexts_and_groups() -> None:
    def fail(hidden: Any) -> None:
        raise ValueError

    def wrapped() -> None:
        try:
            fail({"a": [{"b": (TOKEN,)}]})
        except ValueError as error:
            raise ExceptionGroup("x", [error]) from None

    with pytest.raises(ExceptionGroup) as caught:
        wrapped()
    code = {frame.f_code.co_name for _, frame, _ in frames(caught.value, own=True)}
    assert "fail" in code
    assert any(TOKEN in text for text in shown({"a": [{"b": (TOKEN,)}]}))
