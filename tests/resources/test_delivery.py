"""Sent or not, delivered or failed: told by both clients, and never sent twice to find out."""

import asyncio
import pickle
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from beeper_async import (
    APIConnectionError,
    APITimeoutError,
    AsyncBeeperDesktop,
    AuthenticationError,
    ConflictError,
    DeliveryFailedError,
    DeliveryTimeoutError,
    DeliveryUnknownError,
    InternalServerError,
    InvalidInputError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
)
from beeper_async.models import Message, SendStatus
from beeper_async.resources.delivery import wait_until_delivered
from beeper_async.testing import Simulator

pytestmark = pytest.mark.asyncio
SECRET = "meet me at the old mill"


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """Run a world whose clock goes with this machine's, for times are compared here."""
    with Simulator(now=datetime.now(UTC)) as running:
        yield running


async def chat_id_of(client: AsyncBeeperDesktop) -> str:
    chats = [chat async for chat in client.chats.list()]
    return next(chat.id for chat in chats if chat.network == "WhatsApp")


def sends(sim: Simulator) -> int:
    return len([r for r in sim.requests if r.method == "POST" and r.path.endswith("/messages")])


@pytest.mark.parametrize(
    ("plan", "kind"),
    [
        ({"status": 500}, InternalServerError),
        ({"status": 502}, InternalServerError),
        ({"status": 409}, ConflictError),
        ({"status": None, "delay": 5}, APITimeoutError),
        ("drop", APIConnectionError),
    ],
    ids=["500", "502", "409", "late", "dropped"],
)
async def test_an_unknown_outcome_says_so_and_the_message_can_be_found(
    client: AsyncBeeperDesktop, sim: Simulator, plan: Any, kind: type[Exception]
) -> None:
    chat_id = await chat_id_of(client)
    if plan == "drop":
        sim.drop_next(method="POST")
    else:
        sim.respond_next(method="POST", **plan)
    impatient = client.with_options(timeout=0.3)
    with pytest.raises(OutcomeUnknownError) as caught:
        await impatient.messages.send(chat_id, text=SECRET)
    error = caught.value
    assert isinstance(error, kind)
    assert error.sent == {"text": SECRET}
    assert error.sent_at is not None
    assert sends(sim) == 1
    for shown in (str(error), repr(error), str(pickle.dumps(error))):
        assert SECRET not in shown
    found = await client.messages.find_sent(chat_id, since=error.sent_at, text=SECRET)
    assert found is not None
    assert found.is_sender
    assert sends(sim) == 1


async def test_a_message_that_was_not_sent_is_not_found(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat_id = await chat_id_of(client)
    await client.messages.send(chat_id, text="something else")
    sim.respond_next(status=500, method="POST", before=True)
    with pytest.raises(OutcomeUnknownError) as caught:
        await client.messages.send(chat_id, text=SECRET)
    since = caught.value.sent_at
    assert since is not None
    assert await client.messages.find_sent(chat_id, since=since, text=SECRET) is None


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "**bold** and _slanted_",
        "a < b & c > d",
        "[a link](https://example.org/x)",
        "1. one\n2. two",
    ],
)
async def test_a_message_is_found_whatever_the_app_makes_of_its_text(
    client: AsyncBeeperDesktop, text: str
) -> None:
    chat_id = await chat_id_of(client)
    since = datetime.now(UTC) - timedelta(days=4000)
    sent = await client.messages.send(chat_id, text=text)
    found = await client.messages.find_sent(chat_id, since=since, text=text)
    assert found is not None
    message = await client.messages.retrieve(sent.pending_message_id, chat_id=chat_id)
    assert found.id == message.id


async def test_a_message_is_found_when_the_app_has_wrapped_its_text_anew(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat_id = await chat_id_of(client)
    since = datetime.now(UTC) - timedelta(days=1)
    sent, _ = sim.world.send(sim.world.chats[chat_id], "one  two\nthree\u00a0four")
    found = await client.messages.find_sent(chat_id, since=since, text="one two three four\n")
    assert found is not None
    assert found.id == sent["id"]
    assert await client.messages.find_sent(chat_id, since=since, text="one two three five") is None


@pytest.mark.parametrize("zone", ["-0000", "GMT", "+0200", None])
async def test_the_time_of_sending_is_told_by_the_clock_of_the_app(
    client: AsyncBeeperDesktop, sim: Simulator, zone: str | None
) -> None:
    """A Date whose zone is unknown, or that is none, says nothing of the app's clock."""
    date = f"Fri, 01 May 2020 00:00:00 {zone}" if zone else "soon"
    sim.respond_next(status=None, headers={"Date": date})
    await client.chats.list()
    sim.drop_next(method="POST")
    before = datetime.now(UTC)
    with pytest.raises(OutcomeUnknownError) as caught:
        await client.messages.send("x", text=SECRET)
    at = caught.value.sent_at
    assert at is not None
    if zone in ("GMT", "+0200"):
        midnight = datetime(2020, 5, 1, tzinfo=UTC) - timedelta(hours=2 if zone == "+0200" else 0)
        assert timedelta(seconds=-1) < at - midnight < timedelta(minutes=1)
    else:
        assert timedelta(seconds=-1) < at - before < timedelta(minutes=1)


async def test_before_any_answer_the_time_of_sending_is_that_of_this_machine(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.drop_next(method="POST")
    before = datetime.now(UTC)
    with pytest.raises(OutcomeUnknownError) as caught:
        await client.messages.send("x", text=SECRET)
    assert caught.value.sent_at is not None
    assert timedelta(0) <= caught.value.sent_at - before < timedelta(minutes=1)


async def test_old_messages_with_the_same_text_are_not_taken_for_it(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat_id = await chat_id_of(client)
    await client.messages.send(chat_id, text="ok")
    newest = (await client.messages.list(chat_id)).items[0]
    since = newest.timestamp + timedelta(minutes=1)
    sim.clear_requests()
    assert await client.messages.find_sent(chat_id, since=since, text="ok") is None
    assert len(sim.requests) == 1, "older pages are not looked at"
    reply = await client.messages.send(chat_id, text="ok", reply_to_message_id=newest.id)
    since = newest.timestamp - timedelta(days=1)
    found = await client.messages.find_sent(
        chat_id, since=since, text="ok", reply_to_message_id=newest.id
    )
    assert found is not None
    assert found.linked_message_id == newest.id
    assert reply.pending_message_id
    with pytest.raises(InvalidInputError, match=r"^since has no time zone"):
        await client.messages.find_sent(chat_id, since=datetime(2026, 1, 1), text="ok")
    for none in (None, "2026-01-01T00:00:00Z", 5):
        nothing: Any = none
        with pytest.raises(InvalidInputError, match=r"^since must be a datetime"):
            await client.messages.find_sent(chat_id, since=nothing, text="ok")


async def test_an_unsafe_call_that_failed_for_sure_says_nothing_of_the_kind(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat_id = await chat_id_of(client)
    sim.respond_next(status=501, method="POST", before=True)
    with pytest.raises(InternalServerError) as caught:
        await client.messages.send(chat_id, text=SECRET)
    assert not isinstance(caught.value, OutcomeUnknownError)


async def test_waiting_until_the_network_has_taken_it(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat_id = await chat_id_of(client)
    sim.world.hold_sends = True
    timer = threading.Timer(0.3, lambda: confirm_all(sim))
    timer.start()
    message = await client.messages.send_and_wait(chat_id, text="hello", timeout=20)
    timer.join()
    assert message.send_status is None or message.send_status.status == "SUCCESS"
    assert message.chat_id == chat_id
    assert sends(sim) == 1


def pending_ids(sim: Simulator) -> list[tuple[str, str]]:
    return [
        (message["chatID"], message["id"])
        for messages in sim.world.messages.values()
        for message in messages
        if message.get("sendStatus", {}).get("status") == "PENDING"
    ]


def confirm_all(sim: Simulator) -> None:
    for pending in pending_ids(sim):
        sim.world.confirm_send(*pending)


async def test_a_message_that_the_network_refuses(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat_id = await chat_id_of(client)
    sim.world.hold_sends = True

    def fail() -> None:
        for pending in pending_ids(sim):
            sim.world.fail_send(*pending)

    timer = threading.Timer(0.2, fail)
    timer.start()
    with pytest.raises(DeliveryFailedError) as caught:
        await client.messages.send_and_wait(chat_id, text=SECRET, timeout=20)
    timer.join()
    error = caught.value
    assert error.reason
    assert isinstance(error.retriable, bool)
    assert error.sent_message is not None
    assert error.pending_message_id
    assert SECRET not in str(error) + repr(error) + str(pickle.dumps(error))
    assert pickle.loads(pickle.dumps(error)).pending_message_id == error.pending_message_id


async def test_looks_become_rarer_up_to_a_bound(client: AsyncBeeperDesktop) -> None:
    chat_id = await chat_id_of(client)
    message = (await client.messages.list(chat_id)).items[0]
    pauses: list[float] = []

    async def look() -> Message:
        status = "PENDING" if len(pauses) < 12 else "SUCCESS"
        sending = SendStatus(status=status, timestamp=message.timestamp)
        return attrs.evolve(message, send_status=sending)

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    await wait_until_delivered(look, "pending", deadline=None, pause=pause)
    assert pauses[:3] == pytest.approx([0.1, 0.15, 0.225])
    assert pauses == sorted(pauses)
    assert pauses[-2:] == [2.0, 2.0]


async def test_pending_is_no_success(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    chat_id = await chat_id_of(client)
    sim.world.hold_sends = True
    with pytest.raises(DeliveryTimeoutError, match="may still arrive") as caught:
        await client.messages.send_and_wait(chat_id, text=SECRET, timeout=0.3)
    assert caught.value.sent_message is not None
    assert sends(sim) == 1
    assert len(asyncio.all_tasks()) == 1


async def test_a_failure_to_look_does_not_hide_that_it_was_sent(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat_id = await chat_id_of(client)
    sim.respond_next(status=500, method="GET", path="/v1/chats/*/messages/*", times=99)
    impatient = client.with_options(max_retries=0)
    with pytest.raises(DeliveryTimeoutError) as caught:
        await impatient.messages.send_and_wait(chat_id, text="pay 5", timeout=0.3)
    assert caught.value.pending_message_id
    assert isinstance(caught.value.__cause__, InternalServerError)
    assert sends(sim) == 1


@pytest.mark.parametrize("timeout", [-1, "soon", float("nan"), True])
async def test_a_timeout_that_is_none_is_refused_before_sending(
    client: AsyncBeeperDesktop, sim: Simulator, timeout: Any
) -> None:
    with pytest.raises(InvalidInputError):
        await client.messages.send_and_wait("x", text="hi", timeout=timeout)
    assert sim.requests == []


async def test_waiting_without_a_limit(client: AsyncBeeperDesktop) -> None:
    chat_id = await chat_id_of(client)
    message = await client.messages.send_and_wait(chat_id, text="hi", timeout=None)
    assert message.is_sender


# -- what is not found, and why the search may not end early -----------------------------------


@pytest.mark.parametrize("late", [1, 25, 60])
async def test_late_messages_on_top_do_not_end_the_search(
    client: AsyncBeeperDesktop, sim: Simulator, late: int
) -> None:
    chat_id = await chat_id_of(client)
    since = datetime.now(UTC)
    sent, _ = sim.world.send(sim.world.chats[chat_id], SECRET)
    old = (since - timedelta(days=3)).isoformat()
    for number in range(late):
        sim.world.receive(chat_id, f"late {number}", timestamp=old)
    found = await client.messages.find_sent(chat_id, since=since, text=SECRET)
    assert found is not None
    assert found.id == sent["id"]


async def test_a_late_own_message_on_top_does_not_end_the_search(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat_id = await chat_id_of(client)
    since = datetime.now(UTC)
    sent, _ = sim.world.send(sim.world.chats[chat_id], SECRET)
    old = (since - timedelta(days=3)).isoformat()
    for _ in range(9):
        sim.world.receive(chat_id, "late", timestamp=old)
        own, _ = sim.world.send(sim.world.chats[chat_id], "from the phone")
        own["timestamp"] = old
    sim.world.receive(chat_id, "in time")
    found = await client.messages.find_sent(chat_id, since=since, text=SECRET)
    assert found is not None
    assert found.id == sent["id"]


@pytest.mark.parametrize(("own", "requests"), [(True, 1), (False, 10)])
async def test_the_search_ends_in_a_long_history(
    client: AsyncBeeperDesktop, sim: Simulator, own: bool, requests: int
) -> None:
    chat_id = await chat_id_of(client)
    for _ in range(400):
        sim.world.receive(chat_id, "old")
    if own:
        sim.world.send(sim.world.chats[chat_id], "old")
    sim.clear_requests()
    since = datetime.now(UTC) + timedelta(days=1)
    assert await client.messages.find_sent(chat_id, since=since, text=SECRET) is None
    assert len(sim.requests) == requests


async def test_a_message_that_lands_late_is_found_when_it_is_there(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat_id = await chat_id_of(client)
    sim.respond_next(status=500, method="POST", before=True)
    with pytest.raises(OutcomeUnknownError) as caught:
        await client.messages.send(chat_id, text=SECRET)
    since = caught.value.sent_at
    assert since is not None
    assert await client.messages.find_sent(chat_id, since=since, text=SECRET) is None
    sim.world.send(sim.world.chats[chat_id], SECRET)
    assert await client.messages.find_sent(chat_id, since=since, text=SECRET) is not None


@pytest.mark.parametrize("form", ["<p>half <b>past</b> &lt;six&gt;</p>", "half **past** <six>"])
async def test_a_text_is_found_as_html_and_as_plain_text(
    client: AsyncBeeperDesktop, sim: Simulator, form: str
) -> None:
    chat_id = await chat_id_of(client)
    since = datetime.now(UTC)
    sent, _ = sim.world.send(sim.world.chats[chat_id], "x")
    sent["text"] = form
    found = await client.messages.find_sent(chat_id, since=since, text="half **past** <six>")
    assert found is not None


# -- the time that waiting takes -----------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_that_may_not_look_ends_the_wait_and_keeps_the_id(
    client: AsyncBeeperDesktop, sim: Simulator, status: int
) -> None:
    chat_id = await chat_id_of(client)
    sim.world.hold_sends = True
    sim.respond_next(status, method="GET", path="/v1/chats/*/messages/*", times=99)
    with pytest.raises(DeliveryUnknownError, match=str(status)) as caught:
        await client.messages.send_and_wait(chat_id, text=SECRET, timeout=None)
    error = caught.value
    assert error.pending_message_id
    assert isinstance(error.__cause__, AuthenticationError | PermissionDeniedError)
    assert pickle.loads(pickle.dumps(error)).pending_message_id == error.pending_message_id
    looks = [r for r in sim.requests if r.method == "GET" and "/messages/" in r.path]
    assert len(looks) == 1


@pytest.mark.parametrize("silent", ["POST", "GET"])
async def test_a_silent_app_does_not_stretch_the_wait(
    client: AsyncBeeperDesktop, sim: Simulator, silent: str
) -> None:
    """The client's own limits would let this test run into the limit of the test suite."""
    chat_id = await chat_id_of(client)
    sim.respond_next(None, delay=3600, method=silent, times=99)
    patient = client.with_options(timeout=3600, max_retries=9)
    if silent == "POST":
        with pytest.raises(OutcomeUnknownError) as unknown:
            await patient.messages.send_and_wait(chat_id, text=SECRET, timeout=0.1)
        assert unknown.value.sent_at is not None
        assert isinstance(unknown.value, APITimeoutError)
    else:
        with pytest.raises(DeliveryTimeoutError) as late:
            await patient.messages.send_and_wait(chat_id, text=SECRET, timeout=0.1)
        assert late.value.pending_message_id
    assert sends(sim) == 1


async def test_no_retry_begins_that_could_not_end_in_time(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat_id = await chat_id_of(client)
    sim.respond_next(429, method="POST", headers={"Retry-After": "30"})
    with pytest.raises(RateLimitError):
        await client.messages.send_and_wait(chat_id, text=SECRET, timeout=5)
    sim.respond_next(429, method="POST", headers={"Retry-After": "0.01"})
    await client.messages.send_and_wait(chat_id, text=SECRET, timeout=60)


async def test_no_time_at_all_is_enough_to_send(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    chat_id = await chat_id_of(client)
    message = await client.messages.send_and_wait(chat_id, text="hi", timeout=0)
    assert message.is_sender
    with pytest.raises(DeliveryTimeoutError):
        sim.world.hold_sends = True
        await client.messages.send_and_wait(chat_id, text="hi", timeout=0)
    sim.world.hold_sends = False
    assert await client.messages.send_and_wait(chat_id, text="hi", timeout=float("inf"))
