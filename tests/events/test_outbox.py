"""Events wait for their consumer, are counted until acknowledged, and none is lost by a wait."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, strategies as st

from beeper_async.events.kinds import ChatUpserted, Event
from beeper_async.events.ledger import Ledger
from beeper_async.events.outbox import Delivery, Outbox

from ..live import NOON, settled
from .material import CHAT

LEDGER = Ledger(CHAT, NOON)
ALL = 10**9


def event(number: int) -> Event:
    return ChatUpserted(chat_id=str(number))


def put(outbox: Outbox, *numbers: int, size: int = 0) -> None:
    for number in numbers:
        outbox.put(event(number), LEDGER, str(number), b"before", size=size)


async def got(outbox: Outbox) -> Delivery:
    delivery = await outbox.get()
    assert delivery is not None
    return delivery


def waiting_in(outbox: Outbox) -> list[str | None]:
    return [one.message_id for one in outbox.unacknowledged()]


@pytest.mark.asyncio
async def test_events_come_in_their_order_and_count_until_acknowledged() -> None:
    outbox = Outbox(10, ALL)
    put(outbox, 1, 2, 3)
    first, second = await got(outbox), await got(outbox)
    assert (first.event, second.event) == (event(1), event(2))
    assert waiting_in(outbox) == ["1", "2", "3"]
    second.acknowledge()
    second.acknowledge()
    assert waiting_in(outbox) == ["1", "3"], "in any order"
    assert len(outbox) == 1


@pytest.mark.asyncio
async def test_what_is_no_message_needs_no_acknowledgement() -> None:
    outbox = Outbox(10, ALL)
    outbox.put(event(1))
    assert waiting_in(outbox) == []
    (await got(outbox)).acknowledge()


def test_it_is_full_by_number_or_by_bytes() -> None:
    by_number, by_bytes = Outbox(2, ALL), Outbox(100, 1000)
    put(by_number, 1)
    put(by_bytes, 1, size=999)
    assert not by_number.is_full
    assert not by_bytes.is_full
    put(by_number, 2)
    put(by_bytes, 2, size=1)
    assert by_number.is_full
    assert by_bytes.is_full
    put(by_number, 3)
    assert len(by_number) == 3, "putting never waits"


@pytest.mark.asyncio
@pytest.mark.parametrize(("size", "max_bytes"), [(4, ALL), (100, 40)])
async def test_there_is_room_when_half_of_it_is_free(size: int, max_bytes: int) -> None:
    outbox, calls = Outbox(size, max_bytes), list[int]()
    outbox.on_room = lambda: calls.append(len(outbox))
    put(outbox, 1, 2, 3, size=10)
    room = asyncio.create_task(outbox.room())
    await settled()
    assert room.done(), "it is not full"
    put(outbox, 4, size=10)
    waiting = [asyncio.create_task(outbox.room()) for _ in range(2)]
    await settled()
    await got(outbox)
    await settled()
    assert not any(one.done() for one in waiting), "three of four are left"
    assert calls == []
    await got(outbox)
    await settled()
    assert all(one.done() for one in waiting)
    await got(outbox)
    assert calls == [2], "once, and at half"


@pytest.mark.asyncio
async def test_who_waits_for_room_waits_again_if_another_has_filled_it() -> None:
    outbox = Outbox(2, ALL)
    put(outbox, 1, 2)
    order: list[int] = []

    async def fill(number: int) -> None:
        await outbox.room()
        order.append(number)
        put(outbox, number, number)

    filling = [asyncio.create_task(fill(number)) for number in (3, 5)]
    await settled()
    await got(outbox)
    await settled()
    assert order == [3]
    await got(outbox)
    await got(outbox)
    await settled()
    assert order == [3, 5]
    for one in filling:
        await one


@pytest.mark.asyncio
async def test_a_cancelled_wait_takes_nothing() -> None:
    for turns in range(4):
        outbox = Outbox(10, ALL)
        waiting = asyncio.create_task(outbox.get())
        await asyncio.sleep(0)
        assert outbox.is_awaited
        put(outbox, 1)
        for _ in range(turns):
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert not outbox.is_awaited
        if waiting.cancelled():
            assert (await got(outbox)).event == event(1)
        else:
            assert len(outbox) == 0


@pytest.mark.asyncio
async def test_the_end_comes_after_all_events() -> None:
    outbox = Outbox(10, ALL)
    put(outbox, 1)
    outbox.end(ValueError("first"))
    outbox.end(ValueError("second"))
    assert (await got(outbox)).event == event(1)
    with pytest.raises(ValueError, match="first"):
        await outbox.get()
    assert await outbox.get() is None, "the error comes once"


@pytest.mark.asyncio
async def test_an_end_wakes_those_who_wait() -> None:
    outbox = Outbox(1, ALL)
    waiting = asyncio.create_task(outbox.get())
    await settled()
    outbox.end(None)
    assert await waiting is None
    full = Outbox(1, ALL)
    put(full, 1)
    room = asyncio.create_task(full.room())
    await settled()
    assert not room.done()
    full.end(None)
    await room


@pytest.mark.asyncio
async def test_what_is_dropped_at_the_end_was_not_delivered() -> None:
    outbox = Outbox(10, ALL)
    put(outbox, 1, 2)
    (await got(outbox)).acknowledge()
    outbox.drop_all()
    assert await outbox.get() is None
    assert waiting_in(outbox) == ["2"]


@given(
    st.lists(st.sampled_from(["put", "put", "get", "acknowledge"]), max_size=60),
    st.integers(1, 5),
)
def test_each_event_comes_once_and_counts_until_then(steps: list[str], size: int) -> None:
    async def main() -> None:
        outbox = Outbox(size, ALL)
        put_ones, open_ones, number = list[int](), list[Delivery](), 0
        taken = 0
        for step in steps:
            if step == "put" and not outbox.is_full:
                number += 1
                put(outbox, number)
                put_ones.append(number)
            elif step == "get" and len(outbox):
                delivery = await got(outbox)
                taken += 1
                assert delivery.event == event(taken)
                open_ones.append(delivery)
            elif step == "acknowledge" and open_ones:
                delivery = open_ones.pop(len(open_ones) // 2)
                delivery.acknowledge()
                put_ones.remove(int(delivery.message_id or 0))
            assert len(outbox) <= size
            assert waiting_in(outbox) == [str(one) for one in put_ones]

    asyncio.run(main())
