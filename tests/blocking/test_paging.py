"""Blocking listings, where they differ from async ones: first pages, threads, several clients."""

import gc
import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from beeper_async._paging.page import AsyncPage
from beeper_async.testing import Simulator
from beeper_sync import (
    BeeperDesktop,
    ClientUseError,
    InvalidInputError,
    NotFoundError,
    SyncCursorNoLimit,
    SyncCursorSearch,
    SyncMerged,
    SyncMessageSearchPage,
    SyncPrefetched,
    merge,
)

from .programs import needs_fork, run_client


@pytest.fixture
def other(blocking: BeeperDesktop, sim: Simulator) -> Iterator[BeeperDesktop]:
    with BeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        yield client


def test_the_call_requests_the_first_page(blocking: BeeperDesktop, sim: Simulator) -> None:
    with pytest.raises(NotFoundError):
        blocking.messages.list("nobody")
    sim.clear_requests()
    page = blocking.chats.list(limit=5)
    assert len(sim.requests) == 1
    assert (len(page.items), page.has_more, page.has_next_page()) == (5, True, True)
    assert page.oldest_cursor is not None
    assert page.newest_cursor is not None
    info = page.next_page_info()
    assert info is not None
    assert info.params == {"cursor": page.oldest_cursor}
    assert [type(one) for one in page.iter_pages()] == [SyncCursorNoLimit] * 5
    assert isinstance(page.get_next_page(), SyncCursorNoLimit)


def test_the_kinds_of_pages(blocking: BeeperDesktop) -> None:
    assert isinstance(blocking.chats.search(), SyncCursorSearch)
    found = blocking.messages.search(query="dinner")
    assert isinstance(found, SyncMessageSearchPage)
    assert {message.chat_id for message in found.items} <= set(found.chats)
    assert isinstance(found.prefetch(), SyncPrefetched)
    assert isinstance(merge({1: found}), SyncMerged)


def test_no_page_at_hand_is_requested_again(blocking: BeeperDesktop, sim: Simulator) -> None:
    everything = blocking.chats.list(limit=5).collect()
    sim.clear_requests()
    page = blocking.chats.list(limit=5)
    with page.prefetch() as chats:
        assert list(chats) == everything
    assert len(sim.requests) == 5
    sim.clear_requests()
    second = page.get_next_page()
    with merge({"second": second}) as merged:
        assert [chat for _, chat in merged] == everything[5:]
    assert len(sim.requests) == 4
    assert second.collect(2) == everything[5:7]


def test_a_part_is_requested_when_it_is_used(blocking: BeeperDesktop, sim: Simulator) -> None:
    accounts = [account.account_id for account in blocking.accounts.list()]
    page = blocking.chats.list(limit=2)
    sim.clear_requests()
    parts = page.split(account_ids=accounts)
    assert {type(part) for part in parts.values()} == {SyncCursorNoLimit}
    part = parts[accounts[0]]
    assert repr(part) == "SyncCursorNoLimit(not requested yet)"
    assert sim.requests == []
    assert part.items == part.items
    assert len(sim.requests) == 1
    assert repr(part) == f"SyncCursorNoLimit({len(part.items)} items, has_more={part.has_more})"


def test_a_merge_over_several_clients(
    blocking: BeeperDesktop, other: BeeperDesktop, sim: Simulator
) -> None:
    everything = [chat.id for chat in blocking.chats.list()]
    listings = {"one": blocking.chats.list(limit=4), "two": other.chats.list(limit=5)}
    with merge(listings, order="source") as chats:
        found = [(key, chat.id) for key, chat in chats]
    assert found == [(key, chat_id) for key in ("one", "two") for chat_id in everything]


def test_a_client_that_is_closed_during_a_merge(
    blocking: BeeperDesktop, other: BeeperDesktop
) -> None:
    listings = {"open": blocking.chats.list(limit=4), "closed": other.chats.list(limit=4)}
    other.close()
    with merge(listings, order="source", errors="yield") as chats:
        found = list(chats)
    assert [type(item) for key, item in found if key == "closed"][4:] == [ClientUseError]
    assert len([key for key, _ in found if key == "open"]) == len(blocking.chats.list().collect())


def test_a_stream_keeps_no_thread(sim: Simulator) -> None:
    before = set(threading.enumerate())
    with BeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        with client.chats.list(limit=2).prefetch() as chats:
            next(chats)
        with merge({1: client.chats.list(limit=2)}) as merged:
            next(merged)
        none: dict[str, SyncCursorNoLimit[Any]] = {}
        with merge(none) as nothing:
            assert list(nothing) == []
    assert set(threading.enumerate()) <= before


def test_a_forgotten_stream_is_cleaned_up(blocking: BeeperDesktop) -> None:
    threads = threading.active_count()
    stream: Any = blocking.chats.list(limit=2).prefetch().__enter__()
    next(stream)
    del stream
    gc.collect()
    for thread in threading.enumerate():
        if thread.name == "beeper-release":
            thread.join(20)
    assert threading.active_count() == threads
    assert blocking.chats.list(limit=1).items


def test_threads_can_not_share_a_stream(blocking: BeeperDesktop, sim: Simulator) -> None:
    page = blocking.chats.list(limit=2)
    sim.respond_next(status=None, delay=0.5, path="/v1/chats")
    with page.prefetch() as chats, ThreadPoolExecutor(2) as pool:
        outcomes = [pool.submit(list, chats) for _ in range(2)]
        errors = [outcome.exception() for outcome in outcomes]
    assert [type(error) for error in errors if error] == [ClientUseError]


def test_first_pages_may_be_requested_by_threads(blocking: BeeperDesktop) -> None:
    chat_ids = [chat.id for chat in blocking.chats.list().take(8)]
    with ThreadPoolExecutor(8) as pool:
        pages = pool.map(blocking.messages.list, chat_ids)
        with merge(zip(chat_ids, pages, strict=True), order="source") as messages:
            found = [message.id for _, message in messages]
    assert found == [m.id for chat_id in chat_ids for m in blocking.messages.list(chat_id)]


def test_a_program_that_leaves_no_stream_ends_quietly(sim: Simulator) -> None:
    code = """
        from beeper_sync import BeeperDesktop, merge
        client = BeeperDesktop()
        ahead = client.chats.list(limit=2).prefetch().__enter__()
        merged = merge({1: client.chats.list(limit=2)}).__enter__()
        print(next(ahead).id == next(merged)[1].id)
        """
    assert run_client(sim, code) == (0, "True\n", "")


@needs_fork
@pytest.mark.parametrize("stream", ["page.prefetch()", "merge({1: page, 2: page})"])
@pytest.mark.parametrize("ending", ["pass", "sys.exit()", "os._exit(0)"])
def test_a_child_of_a_fork_ends_quietly(sim: Simulator, stream: str, ending: str) -> None:
    code = f"""
        import os, sys
        from beeper_sync import BeeperDesktop, merge
        client = BeeperDesktop()
        page = client.chats.list(limit=2)
        with {stream} as chats:
            first = next(chats)
            child = os.fork()
            if child:
                assert os.waitpid(child, 0)[1] == 0
                print(1 + len(list(chats)), flush=True)
            else:
                {ending}
        """
    everything = len(sim.world.chats) * (2 if "merge" in stream else 1)
    result = run_client(sim, code, "-W", "ignore::DeprecationWarning")
    assert result == (0, f"{everything}\n", "")


def endless(client: BeeperDesktop, taken: list[int]) -> Iterator[tuple[int, Any]]:
    """Yield pairs without an end, and call the client for each of them."""
    for number in itertools.count():
        taken.append(threading.get_ident())
        yield number, client.chats.list(limit=10)


@pytest.mark.parametrize("order", ["arrival", "source"])
def test_a_merge_takes_pairs_from_a_generator_as_it_needs_them(
    blocking: BeeperDesktop, order: Any
) -> None:
    taken: list[int] = []
    everything = [chat.id for chat in blocking.chats.list(limit=10)]
    stream = merge(endless(blocking, taken), in_flight=3, order=order)
    assert taken == [], "nothing is taken before the first item is"
    with stream as chats:
        found = list(itertools.islice(chats, 4 * len(everything)))
    assert set(taken) == {threading.get_ident()}, "in the thread that iterates"
    assert len(taken) <= 4 + 3 + 1
    if order == "source":
        assert [chat.id for _, chat in found] == 4 * everything


def test_a_merge_of_what_a_walk_of_the_same_client_yields(blocking: BeeperDesktop) -> None:
    chats = blocking.chats.list(limit=3)
    pairs = ((chat.id, blocking.messages.list(chat.id)) for chat in chats)
    with merge(pairs, in_flight=2, order="source") as messages:
        found = [message.id for _, message in messages]
    assert found == [m.id for chat in chats for m in blocking.messages.list(chat.id)]


@pytest.mark.parametrize("fault", [RuntimeError, KeyboardInterrupt, MemoryError])
def test_a_generator_that_breaks_ends_the_merge(
    blocking: BeeperDesktop, fault: type[BaseException]
) -> None:
    def breaking() -> Iterator[tuple[int, Any]]:
        yield 1, blocking.chats.list(limit=10)
        raise fault

    with merge(breaking()) as chats:
        with pytest.raises(fault):
            list(chats)
        with pytest.raises(fault if issubclass(fault, Exception) else ClientUseError):
            list(chats)


def test_a_generator_of_something_else_is_refused(blocking: BeeperDesktop) -> None:
    wrong: Any = iter([blocking.chats.list()])
    with merge(wrong) as chats, pytest.raises(InvalidInputError, match="by keys"):
        next(chats)


def test_leaving_a_merge_whose_page_nobody_takes(
    blocking: BeeperDesktop, sim: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    def waiting() -> Iterator[tuple[int, Any]]:
        yield 1, blocking.chats.list(limit=2)
        sim.respond_next(status=500, delay=0.5, path="/v1/chats")
        raise _OwnError

    with pytest.raises(_OwnError), merge(waiting()) as chats:
        list(chats)
    assert blocking.chats.list(limit=1).items
    gc.collect()
    assert not caplog.records


class _OwnError(Exception):
    pass


def test_a_page_is_let_go_before_the_next_is_fetched(sim: Simulator) -> None:
    alive: list[int] = []

    def count(_: object) -> None:
        alive.append(sum(isinstance(one, AsyncPage) for one in gc.get_objects()))

    with BeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        view = client.with_options(on_response=count)
        assert sum(1 for _ in view.chats.list(limit=2)) > 8
    assert len(alive) > 4
    assert alive[2:] == [alive[1]] * (len(alive) - 2)
