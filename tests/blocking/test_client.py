"""The blocking client where people use it: scripts, threads, notebooks, forks, Ctrl-C."""

import asyncio
import gc
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from beeper_async import ClientUseError
from beeper_async.testing import Simulator
from beeper_sync import BeeperDesktop, SyncCursorNoLimit, SyncCursorSearch

from .programs import finish, needs_fork, needs_signals, run_client, start_client


def test_several_calls_in_a_row(blocking: BeeperDesktop, sim: Simulator) -> None:
    pages = [blocking.chats.list(limit=2) for _ in range(3)]
    assert [(type(page), len(page.items)) for page in pages] == [(SyncCursorNoLimit, 2)] * 3
    assert isinstance(blocking.chats.search(), SyncCursorSearch)
    assert len(sim.requests) == 4


def test_a_walk_stops_when_the_loop_is_left(blocking: BeeperDesktop, sim: Simulator) -> None:
    for count, _ in enumerate(blocking.chats.list(limit=2), 1):
        if count == 3:
            break
    assert len(sim.requests) == 2


def test_inside_a_running_event_loop(blocking: BeeperDesktop) -> None:
    async def main() -> int:
        return len(blocking.chats.list(limit=3).items)

    assert asyncio.run(main()) == 3


def test_threads_share_a_client(blocking: BeeperDesktop, sim: Simulator) -> None:
    ids = [chat.id for chat in blocking.chats.list()]
    sim.clear_requests()
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(blocking.chats.retrieve, ids * 4))
    assert [chat.id for chat in found] == ids * 4
    assert len(sim.requests) == len(found)


def test_a_client_ends_its_thread(sim: Simulator) -> None:
    before = set(threading.enumerate())
    with BeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        client.chats.list()
        view = client.with_options(timeout=9)
        view.close()
        assert view.chats.list().items, "closing a view does nothing"
    client.close()
    assert set(threading.enumerate()) <= before
    with pytest.raises(ClientUseError, match="closed"):
        client.chats.list()


def test_a_forgotten_client_is_cleaned_up(sim: Simulator) -> None:
    before = set(threading.enumerate())
    client = BeeperDesktop(access_token=sim.token, base_url=sim.url)
    client.chats.list()
    del client
    gc.collect()
    deadline = time.monotonic() + 20
    while set(threading.enumerate()) - before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert set(threading.enumerate()) <= before


def test_a_program_that_never_closes_ends_quietly(sim: Simulator) -> None:
    code = """
        from beeper_sync import BeeperDesktop
        client = BeeperDesktop()
        print(len(client.chats.list(limit=3).items))
        kept = client.chats
        """
    assert run_client(sim, code) == (0, "3\n", "")


def test_an_exception_ends_the_program_with_its_traceback_alone(sim: Simulator) -> None:
    code = """
        from beeper_sync import BeeperDesktop
        client = BeeperDesktop()
        client.chats.retrieve("nobody")
        """
    status, _, complaints = run_client(sim, code)
    assert status == 1
    last = complaints.strip().splitlines()[-1]
    assert last.startswith(
        "beeper_async.errors.NotFoundError: chats.retrieve: the app answered 404"
    )
    assert complaints.count("Traceback") == 1


@needs_fork
def test_a_forked_child_gets_a_connection_of_its_own(sim: Simulator) -> None:
    code = """
        import os
        from beeper_sync import BeeperDesktop
        client = BeeperDesktop()
        client.chats.list(limit=1)
        child = os.fork()
        count = len(client.chats.list(limit=3).items)
        if child:
            assert os.waitpid(child, 0)[1] == 0
            print(count, len(client.chats.list(limit=2).items))
        else:
            assert count == 3
        """
    assert run_client(sim, code, "-W", "ignore::DeprecationWarning") == (0, "3 2\n", "")


@needs_signals
def test_ctrl_c_cancels_the_call(sim: Simulator) -> None:
    sim.respond_next(status=None, delay=30, path="/v1/chats")
    program = start_client(
        sim,
        """
        from beeper_sync import BeeperDesktop
        with BeeperDesktop(max_retries=2) as client:
            try:
                client.chats.list()
            except KeyboardInterrupt:
                print("interrupted", flush=True)
            print(len(client.chats.list(limit=3).items))
        """,
    )
    deadline = time.monotonic() + 30
    while not sim.requests and time.monotonic() < deadline:
        time.sleep(0.01)
    program.send_signal(signal.SIGINT)
    output, complaints = finish(program)
    assert (program.returncode, output, complaints) == (0, "interrupted\n3\n", "")
    assert len(sim.requests) == 2, "the interrupted call was not repeated"


def test_leaving_its_block_closes_a_client_and_not_by_a_view_of_it(sim: Simulator) -> None:
    with BeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        with client.with_options(timeout=9) as view:
            assert view.info.retrieve()
        assert client.info.retrieve()
    for closed in (client, view):
        with pytest.raises(ClientUseError, match="closed"):
            closed.info.retrieve()
