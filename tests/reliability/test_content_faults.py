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

pytestmark = [pytest.mark.asyncio, pytest.mark.xdist_group("content")]

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
CASES = [(table, fault) for table, (_, faults) in TABLES.items() for fault in faults]
CELLS: dict[tuple[str, str, str], str] = {}


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


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(("table", "fault"), CASES)
async def test_odd_content(app: Simulator, table: str, fault: str, flavour: str) -> None:
    for call in TABLES[table][0]:
        if call == STREAM:
            got = await heard(app, flavour, table, fault)
        else:
            got = await play(lying_app(table, fault), call, flavour)
        assert CELLS.setdefault((table, fault, call), got) == got, "the two clients differ"
    cells = [CELLS[table, fault, call] for call in TABLES[table][0]]
    if table == "records":
        assert all("`" not in one for one in cells[1:]), "one bad record costs one record"


def lines(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    heads = ["What arrives", *columns]
    yield f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}\n"
    for row in rows:
        yield f"| {' | '.join(row)} |\n"


@pytest.mark.parametrize("table", TABLES)
async def test_the_tables_in_the_docs_are_what_happens(table: str) -> None:
    columns, faults = TABLES[table]
    if any((table, fault, call) not in CELLS for fault in faults for call in columns):
        pytest.skip("only a part of the rows was run")
    rows = [[fault, *(CELLS[table, fault, call] for call in columns)] for fault in faults]
    hold_to(f"content {table}", lines(columns, rows))
