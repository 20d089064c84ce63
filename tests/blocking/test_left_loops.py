"""A loop over events or chunks that is left closes its source, and waits for nothing there.

What the garbage collector runs in the main thread swallows Ctrl-C and complains about it. So it
must run nothing: the loop thread sees by itself that the loop is gone.
"""

import gc
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from beeper_async.testing import FaultProxy, Simulator
from beeper_sync import APIConnectionError, BeeperDesktop, ClientUseError

from .programs import finish, needs_fork, needs_signals, run_client, start_client

CONTENT = b"0123456789abcdef" * 300_000
TIMEOUT = 30.0

# Ctrl-C comes while the source is being closed, which takes a while.
STRUCK = """
    import asyncio, os, signal, time
    from beeper_async._http.downloads import AsyncDownload
    from beeper_async.events.stream import EventStream
    from beeper_sync import BeeperDesktop

    async def strike():
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0.3)

    leave, iter_bytes = EventStream.__aexit__, AsyncDownload.iter_bytes

    async def leave_slowly(self, *error):
        await strike()
        await leave(self, *error)
        print("closed", flush=True)

    async def iter_slowly(self, **options):
        try:
            async for chunk in iter_bytes(self, **options):
                yield chunk
        finally:
            await strike()
            print("closed", flush=True)

    EventStream.__aexit__, AsyncDownload.iter_bytes = leave_slowly, iter_slowly

    def url_of_file(client):
        upload = client.assets.upload(file=bytes(3_000_000))
        chat = client.chats.list(limit=1).items[0]
        sent = client.messages.send(chat.id, attachment={"upload_id": upload.upload_id})
        message = client.messages.retrieve(sent.pending_message_id, chat_id=chat.id)
        return message.attachments[0].id

    with BeeperDesktop() as client:
        try:
            for one in {source}:
                print("one", flush=True)
                break
            print("left", flush=True)
            time.sleep(20)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
            time.sleep(1)
    """
SOURCES = {
    "events": "client.events()",
    "download": "client.assets.serve(url=url_of_file(client)).iter_bytes()",
}


@needs_signals
@pytest.mark.parametrize("name", SOURCES)
def test_ctrl_c_while_a_loop_that_was_left_is_closed(sim: Simulator, name: str) -> None:
    with start_client(sim, STRUCK.replace("{source}", SOURCES[name])) as process:
        if name == "events":
            sim.sockets.wait_for_subscribers(timeout=TIMEOUT)
            sim.world.receive(next(iter(sim.world.chats)), "hello")
        printed, complaints = finish(process)
    assert complaints == ""
    assert printed.splitlines() == ["one", "left", "interrupted", "closed"]
    assert process.returncode == 0


@pytest.fixture
def served(sim: Simulator) -> Iterator[tuple[BeeperDesktop, FaultProxy, Any]]:
    """Give a client behind a proxy, and a download of many chunks."""
    with (
        FaultProxy(sim.url) as proxy,
        BeeperDesktop(access_token=sim.token, base_url=proxy.url) as client,
    ):
        upload = client.assets.upload(file=CONTENT)
        chat = client.chats.list(limit=1).items[0]
        attachment = {"upload_id": upload.upload_id or ""}
        sent = client.messages.send(chat.id, attachment=attachment)
        message = client.messages.retrieve(sent.pending_message_id, chat_id=sent.chat_id)
        assert message.attachments
        yield client, proxy, client.assets.serve(url=message.attachments[0].id or "")


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_download_that_is_left_ends(served: tuple[BeeperDesktop, FaultProxy, Any]) -> None:
    client, proxy, download = served
    before = len(proxy.connections)
    for chunk in download.iter_bytes():
        assert CONTENT.startswith(chunk)
        break
    wait_until(lambda: len(proxy.connections) <= before)
    assert client.chats.list(limit=1).items


def test_a_download_that_is_closed_ends_at_once(
    served: tuple[BeeperDesktop, FaultProxy, Any],
) -> None:
    _, _, download = served
    chunks = download.iter_bytes()
    next(chunks)
    chunks.close()
    chunks.close()
    assert list(chunks) == []
    never_begun = download.iter_bytes()
    never_begun.close()
    assert list(never_begun) == []


def test_an_error_of_a_download_is_raised_again(
    served: tuple[BeeperDesktop, FaultProxy, Any], sim: Simulator
) -> None:
    """A transfer that broke must not look like one that came to its end."""
    _, _, download = served
    sim.drop_next(path="/v1/assets/serve*", times=9, before=True)
    chunks = download.iter_bytes()
    for _ in range(3):
        with pytest.raises(APIConnectionError):
            next(chunks)


def test_an_interrupted_download_is_not_taken_for_a_whole_one(
    served: tuple[BeeperDesktop, FaultProxy, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    client, _, download = served
    chunks = download.iter_bytes()
    next(chunks)
    with monkeypatch.context() as patch:
        patch.setattr(client._lease, "call", interrupted)
        with pytest.raises(KeyboardInterrupt):
            next(chunks)
    with pytest.raises(ClientUseError, match="interrupted"):
        next(chunks)


def test_a_whole_download_leaves_nothing(served: tuple[BeeperDesktop, FaultProxy, Any]) -> None:
    _, _, download = served
    threads = threading.active_count()
    assert b"".join(download.iter_bytes()) == CONTENT
    assert threading.active_count() == threads


def test_events_that_are_left_close(sim: Simulator) -> None:
    with BeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        for _ in client.events(timeout=0.01):
            pass
        wait_until(lambda: not sim.sockets.subscriptions)  # the server hears of it a moment later
        talking = threading.Thread(target=talk, args=(sim,))
        talking.start()
        events = client.events()
        for _ in events:
            assert events.connected
            break
        talking.join()
        wait_until(lambda: not events.connected)


def talk(sim: Simulator) -> None:
    sim.sockets.wait_for_subscribers(timeout=TIMEOUT)
    sim.world.receive(next(iter(sim.world.chats)), "hello")


def test_nothing_is_left_of_loops_that_were_left(sim: Simulator) -> None:
    with BeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        upload = client.assets.upload(file=CONTENT)
        chat = client.chats.list(limit=1).items[0]
        sent = client.messages.send(chat.id, attachment={"upload_id": upload.upload_id or ""})
        message = client.messages.retrieve(sent.pending_message_id, chat_id=sent.chat_id)
        assert message.attachments
        url = message.attachments[0].id or ""
        for _ in range(5):
            for _ in client.assets.serve(url=url).iter_bytes():
                break
    gc.collect()
    wait_until(lambda: all(one.name != "beeper-portal" for one in threading.enumerate()))


@needs_fork
def test_a_child_of_a_fork_leaves_the_loop_of_its_parent_alone(sim: Simulator) -> None:
    code = """
        import os, sys
        from beeper_sync import BeeperDesktop

        with BeeperDesktop() as client:
            upload = client.assets.upload(file=bytes(3_000_000))
            chat = client.chats.list(limit=1).items[0]
            sent = client.messages.send(chat.id, attachment={"upload_id": upload.upload_id})
            message = client.messages.retrieve(sent.pending_message_id, chat_id=chat.id)
            chunks = client.assets.serve(url=message.attachments[0].id).iter_bytes()
            size = len(next(chunks))
            child = os.fork()
            if child:
                assert os.waitpid(child, 0)[1] == 0
                print(size + sum(map(len, chunks)), flush=True)
            else:
                del chunks
        """
    result = run_client(sim, code, "-W", "ignore::DeprecationWarning")
    assert result == (0, "3000000\n", "")
