"""Odd content of every kind, in every kind of call, to both clients: what came, what was reported.

The tables in docs/reliability.md are what this produces. After a change that is meant, write them
anew with `WRITE_DOCS=1 python -m pytest tests/reliability`.
"""

from collections.abc import Iterable, Iterator

import pytest

from beeper_async._http import retry
from beeper_async.testing import Simulator

from .content_calls import FLAVOURS, LyingApp, play
from .content_faults import BODIES, FRAMES, HEADS, PAGES, RECORDS, written
from .content_stream import frame_of, listen, listen_with
from .docs_page import hold_to

pytestmark = pytest.mark.asyncio

STREAM = "event stream"
NO_SUCH_CASE = "–"
# The columns of each table, and its rows.
TABLES = {
    "records": (["read", "listing", "merge", STREAM], list(RECORDS)),
    "pages": (["listing", "merge", STREAM], list(PAGES)),
    "bodies": (
        ["read", "sent once", "no result", "listing", "merge", "download", STREAM],
        list(BODIES),
    ),
    "heads": (["read", "sent once", "listing", "merge", "download", STREAM], list(HEADS)),
}


@pytest.fixture(scope="module")
def app() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_FIRST_DELAY", 0.001)


def lying_app(table: str, fault: str) -> LyingApp:
    if table == "records":
        return LyingApp(record=RECORDS[fault])
    if table == "pages":
        return LyingApp(page=PAGES[fault])
    return LyingApp(body=BODIES[fault]) if table == "bodies" else LyingApp(head=HEADS[fault])


async def heard(sim: Simulator, flavour: str, table: str, fault: str) -> str:
    """Put the same fault in front of a stream of live events."""
    if table == "heads":
        head = HEADS[fault]
        return await listen_with(sim, flavour, head) if head.is_http else NO_SUCH_CASE
    if table == "records":
        frame = written(frame_of(sim, RECORDS[fault]))
    elif table == "pages":
        if fault not in FRAMES:
            return NO_SUCH_CASE
        frame = written(FRAMES[fault](frame_of(sim)))
    else:
        frame = BODIES[fault](written(frame_of(sim)))
    try:
        text = frame.decode()
    except UnicodeDecodeError:
        return NO_SUCH_CASE  # no WebSocket carries it
    return await listen(sim, flavour, text)


async def cell(sim: Simulator, table: str, fault: str, call: str) -> str:
    """Make a call with both clients, and return what its cell says."""
    asynchronous, blocking = [
        await heard(sim, flavour, table, fault)
        if call == STREAM
        else await play(lying_app(table, fault), call, flavour)
        for flavour in FLAVOURS
    ]
    assert asynchronous == blocking, f"{fault}, {call}: the two clients differ"
    return asynchronous


def lines(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    heads = ["What arrives", *columns]
    yield f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}\n"
    for row in rows:
        yield f"| {' | '.join(row)} |\n"


@pytest.mark.parametrize("table", TABLES)
async def test_the_tables_in_the_docs_are_what_happens(app: Simulator, table: str) -> None:
    calls, faults = TABLES[table]
    rows = {fault: [await cell(app, table, fault, call) for call in calls] for fault in faults}
    if table == "records":
        walks = [one for row in rows.values() for one in row[1:]]
        assert not any("`" in one for one in walks), "one bad record costs one record"
    hold_to(f"content {table}", lines(calls, ([fault, *row] for fault, row in rows.items())))
