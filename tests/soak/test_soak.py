"""The soak in small: a few hundred messages and ten faults, within the tests; nothing is timed."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from beeper_async._http import retry
from beeper_async.events import stream
from beeper_async.events.schedule import Schedule
from beeper_async.testing import FaultProxy

from . import report
from .blocked import paused
from .consumer import Settings, consume
from .ledger import Ledger, Message
from .recovery import waiting
from .runs import caught_up
from .servers import ServerName, serve
from .storm import Storm, Writer

MESSAGES, CHATS, FAULTS = 400, 8, 10


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["simulator", "other"])
async def test_everything_comes_once_and_in_order_through_a_storm_and_a_restart(
    monkeypatch: pytest.MonkeyPatch, name: ServerName
) -> None:
    def soon(failures: int, jitter: float) -> float:
        return 0.02

    monkeypatch.setattr(retry, "backoff", soon)
    monkeypatch.setattr(stream, "USUAL", Schedule(deep_every=1.0))
    ledger = Ledger()
    async with serve(name, CHATS) as server, FaultProxy(server.url) as proxy:
        storm = Storm(proxy, FAULTS, seed=6, calm=0.2)

        def allowed() -> int:
            share = MESSAGES * (storm.struck.total() + 1) // (FAULTS + 1)
            return share if ledger.is_ready else 0

        settings = Settings(url=proxy.url, token=server.token, check_every=1.0, timeout=0.5)
        async with asyncio.timeout(60), Writer(server, ledger, allowed, 200.0) as writer:
            blowing = asyncio.create_task(storm.blow())
            consuming = begin(settings, ledger)
            try:
                await until(lambda: ledger.count >= MESSAGES // 2, consuming)
                await end(*consuming)
                consuming = begin(evolve(settings, since=ledger.checkpoint), ledger)
                await until(lambda: writer.count == MESSAGES and storm.is_over, consuming)
                await caught_up(ledger, lambda: None, patience=50, linger=1.2)
                await end(*consuming)
                await blowing
            finally:
                blowing.cancel()
                consuming[0].cancel()
    verdict = ledger.verdict()
    assert verdict.is_good, verdict
    assert not verdict.is_behind, verdict
    assert writer.count == MESSAGES
    assert set(writer.acts) == {"edited", "added", "removed", "deleted"}
    assert storm.struck.total() == FAULTS


Consuming = tuple["asyncio.Task[None]", asyncio.Event]


def begin(settings: Settings, ledger: Ledger) -> Consuming:
    stop = asyncio.Event()
    return asyncio.create_task(consume(settings, ledger.hear, stop)), stop


async def end(task: "asyncio.Task[None]", stop: asyncio.Event) -> None:
    stop.set()
    await task


async def until(is_so: Callable[[], bool], consuming: Consuming) -> None:
    while not is_so():
        assert not consuming[0].done()
        await asyncio.sleep(0.01)


def test_ledger_notices_what_is_wrong() -> None:
    written = {"a": {str(number): Message("one") for number in range(1, 8)}, "b": {}}
    for number, kind, value in (
        *(("3", "edited", "two"), ("4", "added", "mum"), ("5", "deleted", "")),
        *(("6", "added", "mum"), ("6", "removed", "mum"), ("7", "deleted", "")),
    ):
        written["a"][number].happens(kind, value)
    ledger = Ledger(written=written)
    for number in "2344516":
        ledger.hear(["message", "created", "a", number, False, "one", []])
    ledger.hear(["message", "created", "b", "9", True, "what?", []])
    ledger.hear(["message", "added", "a", "6", "mum"])
    for _ in range(2):
        ledger.hear(["message", "removed", "a", "6", "mum"])
    ledger.hear(["message", "edited", "a", "2", "zero"])
    ledger.hear(["message", "changed", "a", "1", "one", []])
    ledger.hear(["message", "deleted", "a", "7"])
    verdict = ledger.verdict()
    assert (verdict.missing, verdict.doubles, verdict.out_of_order) == (0, 1, 1)
    assert (verdict.wrong, verdict.not_deleted) == (3, 1)  # 2, 3 and 4; 5
    # The second removal twice, the edit, the change, and the message of b.
    assert verdict.unasked == 5
    assert verdict.is_behind
    assert not verdict.is_good
    assert Ledger(written=written).verdict().missing == 5


@pytest.mark.asyncio
async def test_live_messages_overtake_what_is_read_after_a_gap() -> None:
    """They are of the chats whose turn would come last."""
    found = await waiting(chats=400)
    assert found["messages that were lost"] == 400
    assert found["live messages meanwhile"] > 1
    assert found["most lost ones delivered while a live one waited"] < 100


@pytest.mark.asyncio
async def test_a_pause_in_small_and_its_place_in_the_docs(tmp_path: Path) -> None:
    found = await paused("block", seconds=0.5, messages=300, linger=0.1)
    assert found["good"], found
    assert found["messages arrived"] > 280
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}stale\n{report.END}\nafter\n", "utf-8")
    report.write({"blocks": found}, page)
    text = page.read_text("utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "stale" not in text
    assert "| messages written | 300 |" in text
    assert "All as it should be." in "\n".join(report.show({"blocks": found}))


def test_page_has_the_marks_for_the_figures() -> None:
    assert report.BEGIN in report.PAGE.read_text("utf-8")
    assert report.END in report.PAGE.read_text("utf-8")
