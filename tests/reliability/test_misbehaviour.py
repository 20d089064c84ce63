"""Apps that serve listings wrongly: each item once, then the end or an error, in bounded pages."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import frozen

from beeper_async import AsyncBeeperDesktop, BeeperDesktopError
from beeper_async.testing import Simulator, listing_faults as modes

from .docs_page import hold_to

# The last test compares what the others found, so one process has to run them all.
pytestmark = pytest.mark.xdist_group("misbehaviour")

MODES: dict[str, Callable[[], modes.ListingFault]] = {
    "first page for ever": modes.StuckHead,
    "last page for ever, same cursor": modes.StuckTail,
    "last page for ever, new cursors": modes.ReservedTail,
    "hasMore for ever, then an empty page": modes.EmptyTail,
    "pages overlap by 3": lambda: modes.Overlap(3),
    "limit ignored": modes.IgnoredLimit,
    "an empty page in the middle": modes.EmptyPage,
    "no cursors": modes.MissingCursors,
    "null cursors": modes.NullCursors,
    "no hasMore": modes.HasMoreMissing,
    "error in a 200": modes.ErrorIn200,
    "error in a 200, later": lambda: modes.ErrorIn200(with_cursor_only=True),
    "history that comes later": modes.LateHistory,
    "history that grows meanwhile": modes.GrowingHistory,
    "a chat that moves": modes.Moving,
}
LISTINGS = ["chats.list", "chats.search", "messages.list"]


@frozen
class Walk:
    """How a walk went."""

    delivered: str
    ended: str
    requests: int


RESULTS: dict[tuple[str, str, str], Walk] = {}


def listing_of(client: AsyncBeeperDesktop, name: str, chat_id: str, **query: Any) -> Any:
    if name == "messages.list":
        return client.messages.list(chat_id, **query)
    call = client.chats.list if name == "chats.list" else client.chats.search
    return call(limit=7, **query)


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(chats=60) as running:
        yield running


@pytest.mark.asyncio
@pytest.mark.parametrize("direction", ["before", "after"])
@pytest.mark.parametrize("name", LISTINGS)
@pytest.mark.parametrize("mode", list(MODES), ids=lambda mode: mode.replace(" ", "_"))
async def test_each_item_once_then_an_end(
    client: AsyncBeeperDesktop, sim: Simulator, mode: str, name: str, direction: str
) -> None:
    chat_id = next(iter(sim.world.chats))
    for number in range(70):
        sim.world.receive(chat_id, f"message {number}")
    everything = [item.id async for item in listing_of(client, name, chat_id)]
    query: dict[str, Any] = {}
    if direction == "after":
        pages = [page async for page in listing_of(client, name, chat_id).iter_pages()]
        query = {"direction": "after", "cursor": pages[-1].newest_cursor}
        everything = [item for item in everything if item not in {i.id for i in pages[-1].items}]
    sim.set_listing_faults(MODES[mode](), listing=name)  # type: ignore[arg-type]
    sim.clear_requests()
    seen: list[str] = []
    ended = "the end"
    try:
        async for item in listing_of(client, name, chat_id, **query):
            seen.append(item.id)  # noqa: PERF401 - what came before an error counts
    except BeeperDesktopError as error:
        ended = type(error).__name__
    assert len(seen) == len(set(seen)), "delivered twice"
    asked = len(sim.requests)
    assert asked <= 20, "pages without end"
    whole = set(everything) <= set(seen)
    if ended == "the end" and mode not in CLEAN_BUT_SHORT:
        assert whole, "cut short unseen"
    walk = Walk("everything" if whole else "a part" if seen else "nothing", ended, asked)
    earlier = RESULTS.setdefault((mode, name, direction), walk)
    assert earlier == walk, "the two clients differ"


# The app itself says that this is all, or moves a chat past the walk: no client can know better.
CLEAN_BUT_SHORT = {
    "history that comes later",
    "history that grows meanwhile",
    "a chat that moves",
}


def table() -> Iterator[str]:
    yield f"| The app serves | to | {' | '.join(LISTINGS)} |\n|---|---|---|---|---|\n"
    for mode in MODES:
        for direction, words in (("before", "older"), ("after", "newer")):
            walks = [RESULTS[mode, name, direction] for name in LISTINGS]
            cells = [f"{w.delivered}, {_shown(w.ended)}" for w in walks]
            yield f"| {mode} | {words} | {' | '.join(cells)} |\n"


def _shown(ended: str) -> str:
    return ended if " " in ended else f"`{ended}`"


def test_the_table_in_the_docs_is_what_happens() -> None:
    if len(RESULTS) < len(MODES) * len(LISTINGS) * 2:
        pytest.skip("only a part of the rows was run")
    hold_to("misbehaviour", table())
