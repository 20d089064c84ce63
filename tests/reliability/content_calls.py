"""Each kind of call, made to an app that sends odd content: what was reported, what came of it."""

import logging
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

import attrs

import beeper_async
from beeper_async import (
    APIResponseValidationError,
    AsyncBeeperDesktop,
    BeeperDesktopError,
    OutcomeUnknownError,
    Unreadable,
)
from beeper_sync import BeeperDesktop

from .. import awaitable, reference
from ..awaitable import AwaitableClient
from ..lying_server import Exchange, LyingServer
from .content_faults import CHAT, FILE, OTHER_CHAT, Head, message, page, written

MESSAGES_OF_CHAT: Final = 9
FLAVOURS: Final = ("async", "blocking")

Change = Callable[[Any], Any]


def _unchanged(value: Any) -> Any:
    return value


@attrs.define
class LyingApp:
    """An app with one fault. Each change takes what the app would send without it."""

    record: Change = _unchanged
    """Of a message: the one that is retrieved, and the second one of the second page."""
    page: Change = _unchanged
    """Of the second page of a chat."""
    body: Callable[[bytes], bytes] = _unchanged
    """Of the body of every response; in a listing only of the second page."""
    head: Head = attrs.field(factory=Head)
    """Of every response, or of the first."""
    requests: int = 0

    async def answer(self, exchange: Exchange) -> None:
        """Respond to a request."""
        self.requests += 1
        head = Head() if self.head.once and self.requests > 1 else self.head
        body = self._body(exchange.method, exchange.target)
        usual = {"Connection": "close", "Content-Length": str(len(body))}
        usual |= {"Content-Type": "application/json", "X-Beeper-Desktop-Version": "4.3.73"}
        if "Transfer-Encoding" in head.headers:
            del usual["Content-Length"]
        lines = [f"{name}: {value}" for name, value in (usual | head.headers).items()]
        lines = [f"HTTP/1.1 {head.status}", *lines, *head.extra_lines, "", ""]
        exchange.writer.write("\r\n".join(lines).encode("latin-1") + body)
        await exchange.writer.drain()

    def _body(self, method: str, target: str) -> bytes:
        if target.startswith("/v1/assets/serve"):
            return self.body(FILE)
        if method == "POST":
            return self.body(written(reference.example("messages.send.json")))
        if "/messages/" in target:
            return self.body(written(self.record(message(1))))
        is_other = OTHER_CHAT[1:] in target.replace("%3A", ":")
        cursor = target.partition("cursor=")[2].partition("&")[0]
        number = {"": 0, "c1": 1}.get(cursor, 2)
        sent = page(number, OTHER_CHAT if is_other else CHAT)
        if is_other or number != 1:
            return written(sent)
        sent["items"][1] = self.record(sent["items"][1])
        return self.body(written(self.page(sent)))


# -- the calls: each returns what the caller got -------------------------------------------------


async def retrieve(client: Any) -> str:
    await client.messages.retrieve("1", chat_id=CHAT)
    return "the result"


async def send(client: Any) -> str:
    await client.messages.send(CHAT, text="hello")
    return "the result"


async def archive(client: Any) -> str:
    await client.chats.archive(CHAT)
    return "the result"


async def walk(client: Any) -> str:
    items: list[Any] = []
    try:
        async for one in client.messages.list(CHAT).iter_pages():
            items += one.items
    except BeeperDesktopError as error:
        items.append(error)
    return _walked(items)


async def merge(client: Any) -> str:
    """Merge the listing with one of which only the heads are odd."""
    merged: Any = awaitable.merge if isinstance(client, AwaitableClient) else beeper_async.merge
    listings = [(chat_id, client.messages.list(chat_id)) for chat_id in (CHAT, OTHER_CHAT)]
    found: dict[str, list[Any]] = {CHAT: [], OTHER_CHAT: []}
    try:
        async with merged(listings, errors="yield") as items:
            async for chat_id, item in items:
                is_over = any(isinstance(one, BeeperDesktopError) for one in found[chat_id][-1:])
                assert not is_over, "an error is the last of its listing"
                found[chat_id].append(item)
    except BeeperDesktopError as error:
        found[CHAT].append(error)  # a blocking listing requests its first page before the merge
    got = _walked(found[CHAT])
    assert got.startswith("nothing") or _walked(found[OTHER_CHAT]) == "everything"
    return got


async def download(client: Any) -> str:
    call = client.assets.serve(url="mxc://x/abc")
    file = call.call() if isinstance(client, AwaitableClient) else call
    got = file.read() if isinstance(client, AwaitableClient) else await file.read()
    return "the file" if got == FILE else "what arrived"


CALLS: Final[dict[str, Callable[[Any], Awaitable[str]]]] = {
    "read": retrieve,
    "sent once": send,
    "no result": archive,
    "listing": walk,
    "merge": merge,
    "download": download,
}


def _walked(items: list[Any]) -> str:
    """Say how much of a chat came, and what ended it early."""
    errors = [one for one in items if isinstance(one, BeeperDesktopError)]
    came = len(items) - len(errors)
    if not errors:
        return "everything" if came == MESSAGES_OF_CHAT else "the others" if came else "nothing"
    return f"{'a part' if came else 'nothing'}, {shown(errors[0])}"


def shown(error: BeeperDesktopError) -> str:
    """Return the class of an error as the page shows it."""
    is_unknown = isinstance(error, OutcomeUnknownError)
    return f"`{'OutcomeUnknownError' if is_unknown else type(error).__name__}`"


# -- what is reported ----------------------------------------------------------------------------


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


@contextmanager
def reports() -> Generator[set[str]]:
    """Collect the kinds of reports that are logged meanwhile."""
    found, lines = set[str](), _Lines()
    log = logging.getLogger("beeper_async")
    log.addHandler(lines)
    try:
        yield found
    finally:
        log.removeHandler(lines)
        for text in lines.texts:
            lost = text.partition("; the ")[2].partition(" was left out")[0]
            found.add({"record": "unreadable record", "value": "misfit"}.get(lost, "warning"))


def cell(got: str, reported: set[str]) -> str:
    """Return what a cell of the page says."""
    return "; ".join([got, *sorted(reported)])


async def play(app: LyingApp, name: str, flavour: str) -> str:
    """Make one call; return what the caller got, and what was reported."""
    with reports() as logged:
        got = await _call(app, name, flavour, "warn")
    records: list[Unreadable] = []
    got_with_callback = await _call(app, name, flavour, records.append)
    if "`" not in got:
        called = {"unreadable record" if one.item is None else "misfit" for one in records}
        assert called == logged, "a callback is called with what is logged otherwise"
        assert got_with_callback == got
    if logged:
        got_if_strict = await _call(app, name, flavour, "raise")
        assert f"`{APIResponseValidationError.__name__}`" in got_if_strict
    return cell(got, logged)


async def _call(app: LyingApp, name: str, flavour: str, policy: Any) -> str:
    app.requests = 0
    with LyingServer(app.answer) as server:
        options: Any = {"access_token": "t", "base_url": server.url, "on_unreadable": policy}
        try:
            if flavour == "async":
                async with AsyncBeeperDesktop(**options) as client:
                    return await CALLS[name](client)
            with BeeperDesktop(**options) as blocking:
                return await CALLS[name](AwaitableClient(blocking))
        except BeeperDesktopError as error:
            return shown(error)
