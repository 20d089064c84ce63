"""After an error a walk raises it again, or resumes at the page that failed; it skips none."""

import itertools
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, cast

import pytest
import pytest_asyncio

from beeper_async import APIResponseValidationError, AsyncBeeperDesktop, BeeperDesktopError, merge
from beeper_sync import BeeperDesktop, ClientUseError, merge as blocking_merge

from .. import awaitable
from ..awaitable import AwaitableClient, Pending
from ..http.lying_server import LyingServer, response
from .shelf import message

pytestmark = pytest.mark.asyncio

Merge = Callable[..., Any]
SIZE, PAGES = 3, 4


class Shop:
    """Serves pages of messages, some of which are damaged for as long as a test wants."""

    def __init__(self) -> None:
        self.damaged: set[int] = set()
        self.refused: set[int] = set()
        self.server = LyingServer(self._page)

    def _page(self, line: str) -> bytes:
        cursor = re.search(r"cursor=(\d+)", line)
        page = int(cursor[1]) if cursor else 1
        if page in self.refused:
            return response(404, "{}")
        items = [message(page * SIZE + n, "a", page) for n in range(SIZE)]
        if page in self.damaged:
            items = [{**item, "id": None} for item in items]
        more = page < PAGES
        body = {"items": items, "hasMore": more, "oldestCursor": str(page + 1) if more else None}
        return response(200, json.dumps(body))


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    with shop.server:
        yield shop


@pytest_asyncio.fixture(params=["async", "blocking"])
async def both(request: pytest.FixtureRequest, shop: Shop) -> AsyncIterator[tuple[Any, Merge]]:
    """Give each client, and the `merge` of its package."""
    options: dict[str, Any] = {"access_token": "t", "base_url": shop.server.url}
    if request.param == "async":
        async with AsyncBeeperDesktop(**options) as client:
            yield client, merge
    else:
        with BeeperDesktop(**options) as blocking:
            yield AwaitableClient(blocking), awaitable.merge


def parts(listing: Any, merge: Merge, **options: Any) -> Any:
    return merge(listing.split(account_ids=["a"]), **options)


STREAMS: dict[str, Callable[[Any, Merge], Any]] = {
    "prefetch": lambda listing, _: listing.prefetch(),
    "arrival": lambda listing, merge: merge({1: listing}),
    "source": lambda listing, merge: merge({1: listing}, order="source"),
    "parts": parts,
}


def ids(*pages: int) -> list[str]:
    return [str(page * SIZE + n) for page in pages for n in range(SIZE)]


async def read(stream: Any) -> tuple[list[str], BaseException | None]:
    """Read to the end or to an error; return the IDs of what came, and the error."""
    found: list[str] = []
    try:
        async for item in stream:
            found.append(  # noqa: PERF401 - the list is kept when the loop raises
                cast("Any", item[1] if isinstance(item, tuple) else item).id
            )
    except BeeperDesktopError as error:
        return found, error
    return found, None


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("kind", ["damaged", "refused"])
async def test_a_stream_raises_its_error_again(
    both: tuple[Any, Merge], shop: Shop, name: str, kind: str
) -> None:
    client, merge = both
    getattr(shop, kind).add(3)
    async with STREAMS[name](client.messages.search(), merge) as stream:
        found, first = await read(stream)
        assert found == ids(1, 2)
        assert first is not None
        for _ in range(3):
            assert await read(stream) == ([], first)


async def test_pages_of_a_merge_raise_their_error_again(
    both: tuple[Any, Merge], shop: Shop
) -> None:
    client, merge = both
    shop.damaged.add(2)
    async with merge({1: client.messages.search()}) as stream:
        pages = stream.pages()
        assert len((await anext(pages))[1]) == SIZE
        for _ in range(2):
            with pytest.raises(APIResponseValidationError):
                await anext(pages)


@pytest.mark.parametrize("order", ["arrival", "source"])
async def test_a_damaged_page_ends_its_listing_alone_in_a_tolerant_merge(
    both: tuple[Any, Merge], shop: Shop, order: str
) -> None:
    client, merge = both
    shop.damaged.add(3)
    listings = {"bad": client.messages.search(), "good": client.messages.search(cursor="4")}
    found: dict[str, list[Any]] = {"bad": [], "good": []}
    async with merge(listings, order=order, errors="yield") as stream:
        async for key, item in stream:
            found[key].append(item)
    *items, failure = found["bad"]
    assert isinstance(failure, APIResponseValidationError)
    assert [item.id for item in items] == ids(1, 2)
    assert [item.id for item in found["good"]] == ids(4)


async def test_no_page_is_requested_behind_a_damaged_one(
    both: tuple[Any, Merge], shop: Shop
) -> None:
    """Except for those that are on their way by then."""
    client, merge = both
    shop.damaged.add(2)
    async with merge({1: client.messages.search()}, in_flight=1, errors="yield") as stream:
        assert len([item async for item in stream]) == SIZE + 1
    assert len(shop.server.received) < PAGES


@pytest.mark.parametrize("kind", ["damaged", "refused"])
async def test_a_plain_walk_resumes_at_the_page_that_failed(
    both: tuple[Any, Merge], shop: Shop, kind: str
) -> None:
    client, _ = both
    troubles: set[int] = getattr(shop, kind)
    listing = client.messages.search()
    for walk in walks(listing):
        troubles.add(3)
        found = [item.id for item in [await following(walk) for _ in range(2 * SIZE)]]
        for _ in range(2):
            with pytest.raises(BeeperDesktopError):
                await following(walk)
        troubles.clear()
        found += [item.id for item in [await following(walk) for _ in range(2 * SIZE)]]
        assert found == ids(1, 2, 3, 4)
        assert await following(walk, None) is None, "this is the end"


async def test_pages_resume_at_the_page_that_failed(both: tuple[Any, Merge], shop: Shop) -> None:
    client, _ = both
    listing = client.messages.search()
    pages: Any = listing.call().iter_pages() if isinstance(listing, Pending) else None
    pages = listing.iter_pages() if pages is None else pages
    shop.damaged.add(2)
    assert (await following(pages)).items[0].id == "3"
    with pytest.raises(APIResponseValidationError):
        await following(pages)
    shop.damaged.clear()
    assert [(await following(pages)).items[0].id for _ in range(3)] == ["6", "9", "12"]


def walks(listing: Any) -> list[Any]:
    """Return the iterators over all items that a listing has."""
    if isinstance(listing, Pending):
        return [iter(listing.call()), listing.call().take(4 * SIZE)]
    return [aiter(listing), listing.take(4 * SIZE)]


async def following(walk: Any, *default: Any) -> Any:
    return next(walk, *default) if hasattr(walk, "__next__") else await anext(walk, *default)


async def test_an_interrupted_read_of_a_blocking_stream_is_not_taken_for_its_end(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C may have cost a page that the loop thread had already handed out."""
    client = BeeperDesktop(access_token="t", base_url=shop.server.url)
    with client, blocking_merge({1: client.messages.search()}) as stream:
        assert len(list(itertools.islice(stream, SIZE))) == SIZE

        def interrupted(*_: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(stream, "_fetch", interrupted)
            with pytest.raises(KeyboardInterrupt):
                next(stream)
        for _ in range(2):
            with pytest.raises(ClientUseError, match="interrupted"):
                list(stream)
