"""What tests of the pure parts share: messages with whatever can be compared of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from beeper_async.events.ledger import Ledger, no_time
from beeper_async.events.placement import Item, Stretch, place
from beeper_async.events.reader import _item
from beeper_async.events.states import digest_of
from beeper_async.models import Message
from beeper_async.models.attachment import Attachment
from beeper_async.models.message import SendStatus
from beeper_async.models.reaction import Reaction

from ..live import NOON, message

CHAT = "!chat:beeper.com"


def status(name: str) -> SendStatus:
    return SendStatus(status=name, timestamp=NOON)


def own(number: int = 1, state: str | None = "PENDING", **fields: Any) -> Message:
    """A message of the user."""
    sent = None if state is None else status(state)
    return message(number, **{"is_sender": True, "send_status": sent, "text": "hi", **fields})


def at(minutes: float) -> datetime:
    """A time after noon."""
    return NOON + timedelta(minutes=minutes)


def reaction(who: str, key: str, *, emoji: bool = True) -> Reaction:
    return Reaction(id=who + key, participant_id=who, reaction_key=key, emoji=emoji)


reactions = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.sampled_from("👍🎉")), st.booleans()
).map(lambda given: [reaction(who, key, emoji=emoji) for (who, key), emoji in given.items()])

messages = st.builds(
    message,
    text=st.sampled_from([None, "", "one", "two"]),
    reactions=st.none() | reactions,
    edited_timestamp=st.sampled_from([None, NOON, at(1)]),
    attachments=st.sampled_from(
        [None, [], [Attachment(type="img", id="mxc://x/1"), Attachment(type="unknown")]]
    ),
    is_unread=st.booleans() | st.none(),
    seen=st.none() | st.booleans(),
    send_status=st.sampled_from([None, status("PENDING"), status("SUCCESS")]),
    is_deleted=st.sampled_from([None, None, False, True]),
    timestamp=st.sampled_from([NOON, at(0.001)]),
)


def item(number: int, **fields: Any) -> Item:
    """A readable record of a page; its time is as many minutes after noon as its number says."""
    one = message(number, **{"timestamp": at(number), **fields})
    return Item(one.id, one, None, one.timestamp.timestamp())


def unreadable(number: int) -> Item:
    """A record of a page that can't be read."""
    return Item(str(number), None, {"id": str(number), "text": 7})


def state(number: int, **fields: Any) -> bytes:
    """The digest of what `item` makes."""
    return digest_of(_readable(number, **fields)).pack()


def _readable(number: int, **fields: Any) -> Message:
    one = item(number, **fields).message
    assert one is not None
    return one


def pages(
    ledger: Ledger,
    items: Sequence[Item | Message | int],
    *,
    is_newest: bool = True,
    is_oldest: bool = False,
    cursor: str | None = None,
) -> Stretch:
    """Neighbouring pages, newest first; numbers are messages as `item` makes them."""
    records = [one if isinstance(one, Item) else _seen(ledger, one) for one in items]
    return Stretch(records, is_newest=is_newest, is_oldest=is_oldest, cursor=cursor)


def ledger_of(*numbers: int) -> Ledger:
    """A ledger whose pages have shown these messages, oldest first."""
    ledger = Ledger(CHAT, no_time())
    if numbers:
        place(ledger, pages(ledger, [*reversed(numbers)]))
    return ledger


def _seen(ledger: Ledger, one: Message | int) -> Item:
    """A record as a reader gives it: without the message if it is known like that."""
    return _item(ledger, _readable(one) if isinstance(one, int) else one)
