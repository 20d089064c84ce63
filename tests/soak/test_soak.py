"""The soak in small: a few hundred messages and ten faults, within the tests; nothing is timed."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve

from beeper_async._http import retry
from beeper_async.testing import FaultProxy, Simulator

from . import report
from .blocked import paused
from .consumer import Settings, consume
from .ledger import Ledger
from .storm import Storm, Writer

MESSAGES, CHATS, FAULTS = 400, 8, 10


@pytest.mark.asyncio
async def test_every_message_comes_once_and_in_order_through_a_storm_and_a_restart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def soon(failures: int, jitter: float) -> float:
        return 0.02

    monkeypatch.setattr(retry, "backoff", soon)
    ledger = Ledger()
    async with (
        Simulator(chats=CHATS, now=datetime.now(UTC)) as sim,
        FaultProxy(sim.url) as proxy,
    ):
        storm = Storm(proxy, FAULTS, seed=6, calm=0.2)

        def allowed() -> int:
            share = MESSAGES * (storm.struck.total() + 1) // (FAULTS + 1)
            return share if ledger.is_ready else 0

        settings = Settings(
            url=proxy.url, token=sim.token, until=MESSAGES // 2, check_every=1.0, timeout=0.5
        )
        with Writer(sim.world, ledger, CHATS, allowed, 200.0):
            blowing = asyncio.create_task(storm.blow())
            try:
                async with asyncio.timeout(60):
                    await consume(settings, ledger.hear)
                    since = ledger.checkpoint
                    await consume(evolve(settings, since=since, linger=1.2), ledger.hear)
                    await blowing
            finally:
                blowing.cancel()
    verdict = ledger.verdict()
    assert verdict.is_good, verdict
    assert verdict.told_again == 0
    assert ledger.count == MESSAGES
    assert storm.struck.total() == FAULTS


def test_ledger_notices_what_is_wrong() -> None:
    written = {"a": ["1", "2", "3", "4"], "b": ["1"]}
    ledger = Ledger(written=written)
    for chat_id, number in ("a1", "a3", "a2", "a2", "b1", "b9"):
        ledger.hear(["message", chat_id, number, False])
    ledger.hear(["other", "MessageEdited", True])
    ledger.hear(["other", "MessageChanged", False])
    verdict = ledger.verdict()
    assert (verdict.missing, verdict.doubles, verdict.out_of_order) == (1, 1, 1)
    assert (verdict.unasked, verdict.told_again) == (2, 1)
    assert not verdict.is_good


@pytest.mark.asyncio
async def test_a_pause_in_small_and_its_place_in_the_docs(tmp_path: Path) -> None:
    found = await paused("block", seconds=0.5, messages=300, linger=0.1)
    assert found["good"], found
    assert found["arrived"] == 300
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}stale\n{report.END}\nafter\n", "utf-8")
    report.write({"blocks": found}, page)
    text = page.read_text("utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "stale" not in text
    assert "| arrived | 300 |" in text
    assert "All as it should be." in "\n".join(report.show({"blocks": found}))


def test_page_has_the_marks_for_the_figures() -> None:
    assert report.BEGIN in report.PAGE.read_text("utf-8")
    assert report.END in report.PAGE.read_text("utf-8")
