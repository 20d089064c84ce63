"""Every fault, every kind of call, both clients: how often the app was asked, what the caller got.

The table in docs/reliability.md is what this produces. After a change that is meant, write it anew
with `WRITE_DOCS=1 python -m pytest tests/reliability`.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from attrs import frozen

from beeper_async import AsyncBeeperDesktop, BeeperDesktopError, OutcomeUnknownError
from beeper_async._http import retry
from beeper_async.testing import Fault, FaultProxy, Simulator
from beeper_sync import BeeperDesktop

from ..awaitable import AwaitableClient
from .docs_page import hold_to

# The last test compares what the others found, so one process has to run them all.
pytestmark = pytest.mark.xdist_group("faults")

TEXT = "only once"


@frozen
class Trouble:
    """Something that goes wrong, on the way or in the app, once or for good."""

    name: str
    fault: Fault | None = None
    status: int | None = None

    def arrange(self, sim: Simulator, proxy: FaultProxy, method: str, times: int) -> None:
        if self.name == "connection refused":
            proxy.refuse(seconds=0.2 if times == 1 else None)
        elif self.fault is not None:
            proxy.plan(self.fault, method=method, path="/v1/chats/*", times=times)
        else:
            sim.respond_next(status=self.status, method=method, path="/v1/chats/*", times=times)


TROUBLES = [
    Trouble("connection refused"),
    Trouble("reset before the request", Fault.reset_before_request()),
    Trouble("request cut off", Fault.cut_request(20)),
    Trouble("reset after the request", Fault.reset_after_request()),
    Trouble("request swallowed", Fault.black_hole()),
    Trouble("answer swallowed", Fault.lose_response()),
    Trouble("answer cut off", Fault.cut_response(40)),
    Trouble("reset in the answer", Fault.reset_response(40)),
    Trouble("garbage instead of an answer", Fault.garbage(reaches_app=True)),
    Trouble("garbage, request not passed on", Fault.garbage()),
    Trouble("connection half-open", Fault.half_open()),
    Trouble("delayed", Fault.delay(0.05)),
    Trouble("throttled", Fault.throttle(100_000)),
    Trouble("done, then 500", status=500),
    Trouble("done, then 502", status=502),
    Trouble("done, then 409", status=409),
    Trouble("429", status=429),
]
CALLS = {"safe": "GET", "repeatable": "POST", "unsafe": "POST"}


async def make(client: Any, kind: str, chat_id: str) -> None:
    if kind == "safe":
        await client.chats.retrieve(chat_id)
    elif kind == "repeatable":
        await client.chats.archive(chat_id)
    else:
        await client.messages.send(chat_id, text=TEXT)


@frozen
class Result:
    """What came of one call under one trouble."""

    reached: int
    """Requests that the app saw."""
    sent: int
    """Messages that the app took."""
    got: str
    """The result, or the name of the error."""


async def play(trouble: Trouble, kind: str, flavour: str, times: int) -> Result:
    """Make one call while something is wrong with its requests."""
    method = CALLS[kind]
    with Simulator() as sim, FaultProxy(sim.url) as proxy, ExitStack() as stack:
        chat_id = next(c["id"] for c in sim.world.chats.values() if c["network"] == "WhatsApp")
        if trouble.status == 429:
            sim.respond_next(
                status=429, method=method, path="/v1/chats/*", times=times, before=True
            )
        else:
            trouble.arrange(sim, proxy, method, times)
        options: dict[str, Any] = {"access_token": sim.token, "base_url": proxy.url, "timeout": 0.6}
        asynchronous: AsyncBeeperDesktop | None = None
        client: Any
        if flavour == "async":
            client = asynchronous = AsyncBeeperDesktop(**options)
        else:
            client = AwaitableClient(stack.enter_context(BeeperDesktop(**options)))
        try:
            await make(client, kind, chat_id)
        except BeeperDesktopError as error:
            got = type(error).__name__
            if isinstance(error, OutcomeUnknownError):
                got = "OutcomeUnknownError"
        else:
            got = "the result"
        if asynchronous is not None:
            await asynchronous.close()
        reached = len([r for r in sim.requests if r.method == method])
        sent = len([m for m in sim.world.messages[chat_id] if TEXT in (m.get("text") or "")])
    return Result(reached, sent, got)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_FIRST_DELAY", 0.15)


ROWS: dict[tuple[str, str], dict[str, Result]] = {}


@pytest.mark.asyncio
@pytest.mark.parametrize("flavour", ["async", "blocking"])
@pytest.mark.parametrize("kind", list(CALLS))
@pytest.mark.parametrize("lasting", [False, True], ids=["passing", "lasting"])
@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda t: t.name.replace(" ", "_"))
async def test_trouble(trouble: Trouble, kind: str, lasting: bool, flavour: str) -> None:
    result = await play(trouble, kind, flavour, 99 if lasting else 1)
    assert result.sent <= 1, "a message was doubled"
    if kind == "unsafe":
        assert result.reached <= 1 or trouble.name == "429"
        if result.sent == 1 and result.got != "the result":
            assert result.got == "OutcomeUnknownError"
    elif not lasting:
        assert result.got == "the result"
    row = ROWS.setdefault((trouble.name, "for good" if lasting else "once"), {})
    earlier = row.setdefault(kind, result)
    assert earlier == result, "the two clients differ"


def table() -> Iterator[str]:
    yield "| What goes wrong | | safe: asked | caller gets | repeatable: asked | caller gets "
    yield "| unsafe: asked | taken | caller gets |\n"
    yield "|---|---|---|---|---|---|---|---|---|\n"
    for (name, how), row in ROWS.items():
        cells = [name, how]
        for kind in CALLS:
            result = row[kind]
            cells.append(str(result.reached))
            if kind == "unsafe":
                cells.append(str(result.sent))
            cells.append(result.got if " " in result.got else f"`{result.got}`")
        yield f"| {' | '.join(cells)} |\n"


def test_the_table_in_the_docs_is_what_happens() -> None:
    if len(ROWS) < 2 * len(TROUBLES) or any(len(row) < len(CALLS) for row in ROWS.values()):
        pytest.skip("only a part of the rows was run")
    hold_to("faults", table())
