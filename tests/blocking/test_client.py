"""The blocking client where people use it: scripts, threads, notebooks, forks, Ctrl-C."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from beeper_async import ClientUseError
from beeper_async.testing import Simulator
from beeper_sync import BeeperDesktop, SyncCursorNoLimit, SyncCursorSearch, _generate


def script(sim: Simulator, code: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a program of its own, with warnings as errors."""
    return subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", *options, "-c", textwrap.dedent(code)],
        env={**os.environ, "BEEPER_ACCESS_TOKEN": sim.token, "BEEPER_BASE_URL": sim.url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_written_files_are_what_the_generator_writes() -> None:
    stale = [str(p) for p, text in _generate.generate().items() if p.read_text("utf-8") != text]
    assert stale == [], "run `nox -s sync`"


def test_several_calls_in_a_row(blocking: BeeperDesktop, sim: Simulator) -> None:
    for _ in range(3):
        page = blocking.chats.list(limit=2)
        assert len(page.items) == 2
    assert isinstance(page, SyncCursorNoLimit)
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
        found = list(pool.map(lambda chat_id: blocking.chats.retrieve(chat_id).id, ids * 4))
    assert found == ids * 4
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
    result = script(
        sim,
        """
        from beeper_sync import BeeperDesktop
        client = BeeperDesktop()
        print(len(client.chats.list(limit=3).items))
        kept = client.chats
        """,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "3\n", "")


def test_an_exception_ends_the_program_with_its_traceback_alone(sim: Simulator) -> None:
    result = script(
        sim,
        """
        from beeper_sync import BeeperDesktop
        client = BeeperDesktop()
        client.chats.retrieve("nobody")
        """,
    )
    assert result.returncode == 1
    assert (
        result.stderr.strip()
        .splitlines()[-1]
        .startswith("beeper_async.errors.NotFoundError: chats.retrieve: the app answered 404")
    )
    assert result.stderr.count("Traceback") == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_gets_a_connection_of_its_own(sim: Simulator) -> None:
    result = script(
        sim,
        """
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
        """,
        "-W",
        "ignore::DeprecationWarning",
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "3 2\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent in another way there")
def test_ctrl_c_cancels_the_call(sim: Simulator) -> None:
    sim.respond_next(status=None, delay=30, path="/v1/chats")
    program = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(
                """
                from beeper_sync import BeeperDesktop
                with BeeperDesktop(max_retries=2) as client:
                    try:
                        client.chats.list()
                    except KeyboardInterrupt:
                        print("interrupted", flush=True)
                    print(len(client.chats.list(limit=3).items))
                """
            ),
        ],
        env={**os.environ, "BEEPER_ACCESS_TOKEN": sim.token, "BEEPER_BASE_URL": sim.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not sim.requests and time.monotonic() < deadline:
        time.sleep(0.01)
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=30)
    assert (program.returncode, out, err) == (0, "interrupted\n3\n", "")
    assert len(sim.requests) == 2, "the interrupted call was not repeated"
