"""Live events from plain code."""

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from functools import partial
from inspect import signature
from typing import Any

import pytest

from beeper_async import EventStream
from beeper_async.testing import Simulator
from beeper_sync import (
    AuthenticationError,
    BeeperDesktop,
    Checkpoint,
    ClientUseError,
    Delivery,
    Event,
    InvalidInputError,
    MessageCreated,
    MessageUpserted,
    NotFoundError,
    SyncEventStream,
)

from .programs import finish, needs_signals, start_client

LISTENER = """
    import logging

    from beeper_sync import BeeperDesktop

    logging.getLogger("asyncio").setLevel(logging.ERROR)  # a busy machine is no complaint
    with BeeperDesktop() as client:
        try:
            for event in client.events():
                print(type(event).__name__, flush=True)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
"""


@pytest.fixture
def chat_id(sim: Simulator) -> str:
    return sim.world.by_activity()[0]["id"]  # type: ignore[no-any-return]


def say(sim: Simulator, chat_id: str, *texts: str) -> None:
    for text in texts:
        sim.world.receive(chat_id, text)


def texts_of(events: object) -> list[str | None]:
    return [
        event.message.text
        for event in events  # type: ignore[attr-defined]
        if isinstance(event, MessageCreated)
    ]


def test_a_loop_without_more_ado(blocking: BeeperDesktop, sim: Simulator, chat_id: str) -> None:
    def talk() -> None:
        sim.sockets.wait_for_subscribers()
        say(sim, chat_id, "hello")

    talking = threading.Thread(target=talk)
    talking.start()
    events = blocking.events()
    for event in events:
        assert events.connected
        if isinstance(event, MessageCreated):
            break
    talking.join()
    assert event.message.text == "hello"  # type: ignore[attr-defined]
    deadline = time.monotonic() + 30
    while events.connected:  # leaving the loop lets the loop thread close it
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_loop_ends_when_nothing_happens_and_can_go_on(
    blocking: BeeperDesktop, sim: Simulator, chat_id: str
) -> None:
    with blocking.events(timeout=0.5) as events:
        assert events.connected
        say(sim, chat_id, "one", "two")
        assert texts_of(events) == ["one", "two"]
        say(sim, chat_id, "three")
        assert texts_of(events) == ["three"]
    assert not events.connected


def test_what_happened_while_nobody_listened_comes_first(
    blocking: BeeperDesktop, sim: Simulator, chat_id: str
) -> None:
    with blocking.events(timeout=0.5) as events:
        say(sim, chat_id, "before")
        assert texts_of(events) == ["before"]
        saved = events.checkpoint().to_json()
    say(sim, chat_id, "meanwhile")
    with blocking.events(since=Checkpoint.from_json(saved), timeout=0.5) as events:
        say(sim, chat_id, "after")
        assert texts_of(events) == ["meanwhile", "after"]


def test_following_a_chat(blocking: BeeperDesktop, sim: Simulator, chat_id: str) -> None:
    written = [message["id"] for message in sim.world.messages[chat_id]]
    followed = [
        event.message_id
        for event in blocking.follow(chat_id, timeout=0.5)
        if isinstance(event, MessageUpserted)
    ]
    assert followed == written


def test_waiting_for_one_event(blocking: BeeperDesktop, sim: Simulator, chat_id: str) -> None:
    with blocking.events() as events:
        talking = threading.Timer(0.05, say, (sim, chat_id, "no", "yes"))
        talking.start()
        event = events.wait_for(MessageCreated, lambda e: e.message.text == "yes", timeout=10)
        talking.join()
        assert event.message.text == "yes"
        with pytest.raises(TimeoutError):
            events.wait_for(MessageCreated, timeout=0.01)


def test_a_second_thread_is_refused_and_takes_nothing(
    blocking: BeeperDesktop, sim: Simulator, chat_id: str
) -> None:
    with blocking.events() as events, ThreadPoolExecutor(2) as pool:
        nexts = [pool.submit(next, iter(events)) for _ in range(2)]
        done, waiting = wait(nexts, timeout=30, return_when=FIRST_COMPLETED)
        say(sim, chat_id, "for the first")
        (refused,), (first,) = done, waiting
        with pytest.raises(ClientUseError, match="already"):
            refused.result()
        assert texts_of([first.result(timeout=30)]) == ["for the first"]


def test_waiting_has_the_parameters_of_the_async_stream() -> None:
    blocking, asynchronous = signature(SyncEventStream.wait_for), signature(EventStream.wait_for)
    assert blocking.parameters == asynchronous.parameters


# -- interruptions -----------------------------------------------------------------------------


class Interrupted:
    """A lease of a client on which Ctrl-C comes when a call has just ended."""

    def __init__(self, lease: Any) -> None:
        self.is_due = False
        self.released = False
        self._lease = lease

    def call(self, *args: Any, **kwargs: Any) -> Any:
        result = self._lease.call(*args, **kwargs)
        if self.is_due:
            self.is_due = False
            raise KeyboardInterrupt
        return result


@pytest.mark.parametrize("acknowledging", [False, True])
def test_an_event_that_is_on_its_way_at_ctrl_c_comes_again(
    acknowledging: bool, blocking: BeeperDesktop, sim: Simulator, chat_id: str
) -> None:
    def loop() -> Iterator[Event]:
        if not acknowledging:
            return iter(events)
        return (delivery.event for delivery in events.deliveries())

    with blocking.events(timeout=0.5) as events:
        lease = events._lease = Interrupted(events._lease)  # type: ignore[assignment]
        say(sim, chat_id, "one")
        assert texts_of(loop()) == ["one"]
        say(sim, chat_id, "two", "three")
        lease.is_due = True
        with pytest.raises(KeyboardInterrupt):
            next(loop())
        saved = events.checkpoint()
        assert texts_of(loop()) == ["two", "three"]
    with blocking.events(since=saved, timeout=0.5) as events:
        found = texts_of(events)
    assert found == (["one", "two", "three"] if acknowledging else ["two", "three"])


UNLUCKY = """
    import random
    import signal

    from beeper_sync import BeeperDesktop, MessageCreated

    def interrupt(number, frame):
        # Only while it waits: what is interrupted in the body of the loop has arrived.
        while frame is not None:
            if frame.f_code.co_qualname == "_Loop.__next__":
                raise KeyboardInterrupt
            frame = frame.f_back

    signal.signal(signal.SIGALRM, interrupt)
    seen, interruptions = [], 0
    with BeeperDesktop() as client, client.events() as events:
        print("ready", flush=True)
        while "last" not in seen:
            signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.003))
            try:
                for event in events:
                    if isinstance(event, MessageCreated):
                        seen.append(event.message.text)
                        if seen[-1] == "last":
                            break
            except KeyboardInterrupt:
                interruptions += 1
        signal.setitimer(signal.ITIMER_REAL, 0)
    print(interruptions > 10, *seen)
"""


@needs_signals
def test_no_event_is_lost_by_interruptions(sim: Simulator, chat_id: str) -> None:
    written = [str(number) for number in range(400)]
    with start_client(sim, UNLUCKY) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for text in written:
            say(sim, chat_id, text)
            time.sleep(0.002)  # so that it has to wait for the next one
        say(sim, chat_id, "last")
        output, complaints = finish(process)
    assert (output.split(), complaints) == (["True", *written, "last"], "")


# -- acknowledgements --------------------------------------------------------------------------


def test_what_is_not_acknowledged_comes_again(
    blocking: BeeperDesktop, sim: Simulator, chat_id: str
) -> None:
    with blocking.events(timeout=0.5) as events:
        say(sim, chat_id, "one", "two", "three", "four")
        deliveries = [one for one in events.deliveries() if isinstance(one.event, MessageCreated)]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Delivery.acknowledge, (deliveries[0], deliveries[2])))
        saved = events.checkpoint()
    with blocking.events(since=saved, timeout=0.5) as events:
        assert texts_of(events) == ["two", "four"]


def test_asking_for_another_event_acknowledges_the_last(
    blocking: BeeperDesktop, sim: Simulator, chat_id: str
) -> None:
    with blocking.events(timeout=0.5) as events:
        say(sim, chat_id, "one", "two", "three")
        created = (event for event in events if isinstance(event, MessageCreated))
        assert texts_of([next(created), next(created)]) == ["one", "two"]
        saved = events.checkpoint()
        assert next(event for event in events if isinstance(event, MessageCreated))
    with blocking.events(since=saved, timeout=0.5) as events:
        assert texts_of(events) == ["two", "three"]
    assert events.checkpoint() is not None


def test_deliveries_without_more_ado(blocking: BeeperDesktop, sim: Simulator, chat_id: str) -> None:
    def talk() -> None:
        sim.sockets.wait_for_subscribers()
        say(sim, chat_id, "hello")

    talking = threading.Thread(target=talk)
    talking.start()
    first = next(d for d in blocking.events().deliveries() if isinstance(d.event, MessageCreated))
    talking.join()
    assert first.event.message.text == "hello"  # type: ignore[attr-defined]


def test_a_checkpoint_after_the_client_is_closed(sim: Simulator, chat_id: str) -> None:
    with BeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        with client.events(timeout=0.5) as events:
            say(sim, chat_id, "one")
            assert texts_of(events) == ["one"]
        inside = events.checkpoint()
    assert events.checkpoint() == inside


def test_chats_that_are_behind(blocking: BeeperDesktop, sim: Simulator, chat_id: str) -> None:
    with blocking.with_options(max_retries=0).events() as events:
        assert events.behind == {}
        sim.respond_next(500, path=f"/v1/chats/{chat_id}/messages", times=10**6)
        sim.sockets.drop()
        while chat_id not in events.behind:
            time.sleep(0.001)
        assert events.behind[chat_id] == "InternalServerError (500)"
        sim.clear_responses()
        while events.behind:
            time.sleep(0.001)


@pytest.mark.parametrize("name", ["behind", "checkpoint", "deliveries", "subscribe", "wait_for"])
def test_the_blocking_stream_has_all_that_the_async_one_has(name: str) -> None:
    public = {name for name in vars(EventStream) if not name.startswith("_")}
    assert name in public
    assert public == {name for name in vars(SyncEventStream) if not name.startswith("_")}


def test_a_change_of_the_subscription(
    blocking: BeeperDesktop, sim: Simulator, chat_id: str
) -> None:
    other = sim.world.by_activity()[1]["id"]
    with blocking.events([other], timeout=0.5) as events:
        say(sim, chat_id, "not for us")
        events.subscribe([chat_id])
        say(sim, other, "not any more")
        say(sim, chat_id, "for us")
        assert texts_of(events) == ["for us"]
        assert [s.chat_ids for s in sim.sockets.subscriptions] == [(chat_id,)]


def test_the_connection_is_made_again(
    blocking: BeeperDesktop, sim: Simulator, chat_id: str
) -> None:
    with blocking.events(timeout=10) as events:
        say(sim, chat_id, "before")
        assert "before" in texts_of([next(iter(events))])
        sim.sockets.drop()
        say(sim, chat_id, "while it was lost")
        event = next(e for e in events if isinstance(e, MessageCreated))
        assert event.recovered
        assert event.message.text == "while it was lost"
        sim.sockets.wait_for_subscribers(timeout=30)  # a page may have shown it before
        while not events.reconnects:
            time.sleep(0.001)


def test_errors_come_as_from_a_call(sim: Simulator) -> None:
    with (
        BeeperDesktop(access_token="wrong", base_url=sim.url) as client,
        pytest.raises(AuthenticationError),
    ):
        next(iter(client.events()))
    with BeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        with pytest.raises(NotFoundError):
            next(iter(client.events(["!nowhere:beeper.com"])))
        with pytest.raises(InvalidInputError):
            client.events(timeout=-1)
        with pytest.raises(ClientUseError):
            client.events().checkpoint()
        sim.app_version = "4.2.500"
        with pytest.raises(NotFoundError) as caught:
            next(iter(client.events()))
        assert "4.2.557" in caught.value.__notes__[0]
    assert len(sim.sockets) == 0


@needs_signals
def test_ctrl_c_ends_the_loop(sim: Simulator, chat_id: str) -> None:
    with start_client(sim, LISTENER) as process:
        sim.sockets.wait_for_subscribers(timeout=30)
        say(sim, chat_id, "hello")
        assert process.stdout is not None
        assert process.stdout.readline() == "MessageCreated\n"
        process.send_signal(signal.SIGINT)
        rest, complaints = finish(process)
    assert rest.endswith("interrupted\n")
    assert complaints == ""
    assert process.returncode == 0


def test_a_timeout_that_is_none_is_refused_by_its_name(blocking: BeeperDesktop) -> None:
    for stream in (blocking.events, partial(blocking.follow, "x")):
        with pytest.raises(InvalidInputError, match=r"^timeout must be seconds"):
            stream(timeout=-1)
