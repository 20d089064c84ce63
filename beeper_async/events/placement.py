"""What pages show of a chat, compared with what is known of it. Pure.

A page is the order of messages: what is unknown above a verified message is new.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from attrs import field, frozen

from ..models.message import Message
from .ledger import Ledger
from .states import State, digest_of, is_new_unreadable, is_unreadable, unreadable_state


@frozen
class Item:
    """A record of a page."""

    id: str
    message: Message | None
    """None if it is known like that, or can't be read."""
    raw: Any = None
    """The JSON of a record that can't be read."""
    time: float | None = None
    """When it was sent, as seconds since 1970."""


@frozen
class Stretch:
    """The records of neighbouring pages, newest first."""

    items: Sequence[Item]
    is_newest: bool
    """Whether nothing is newer."""
    is_oldest: bool
    """Whether nothing is older: the history ends here."""
    is_complete: bool = True
    """Whether the pages reach to what is known, or to the end of what can be new."""
    cursor: str | None = None
    """Leads to what is older."""


@frozen
class Placement:
    """What a read of pages shows."""

    created: list[Item] = field(factory=list[Item])
    """New messages, oldest first."""
    changed: list[Item] = field(factory=list[Item])
    doubtful: list[str] = field(factory=list[str])
    """IDs of messages that an event changed while the page was on its way."""
    missing: list[str] = field(factory=list[str])
    """IDs of messages that should be on these pages."""


def place(ledger: Ledger, stretch: Stretch) -> Placement:
    """Take over what a finished read shows; return what is to be delivered or asked for.

    What is unknown and newer than the oldest verified message of these pages is new. What is
    unknown below it is history, from before what is known.
    """
    items = {item.id: item for item in stretch.items}
    order = list(items)
    verified = [at for at, one in enumerate(order) if ledger.is_verified(one)]
    lowest = order[verified[-1]] if verified else None
    tail = len(order) - 1 - verified[-1] if verified else 0
    found = Placement(missing=_missing(ledger, items, lowest, tail, stretch))
    limit = verified[-1] if verified else _limit_by_time(ledger, items.values())
    states: dict[str, State] = {}
    for at in reversed(range(len(order))):
        item = items[order[at]]
        is_above = at < limit
        state = _judge(ledger, item, found, is_above=is_above)
        if state is not None:
            states[item.id] = state
    _rebuild(ledger, states, lowest, found, stretch)
    return found


def has_news(ledger: Ledger, stretch: Stretch) -> bool:
    """Whether a finished read shows anything to deliver."""
    items = stretch.items
    verified = [at for at, item in enumerate(items) if ledger.is_verified(item.id)]
    limit = verified[-1] if verified else _limit_by_time(ledger, items)
    return any(_is_news(ledger, item, is_above=at < limit) for at, item in enumerate(items))


def _is_news(ledger: Ledger, item: Item, *, is_above: bool) -> bool:
    if item.id in ledger.gone or (item.message is None and item.raw is None):
        return False
    state = ledger.state(item.id)
    if state is None:
        return is_above
    return item.message is not None and (_waits(state, item) or not is_unreadable(state))


def _limit_by_time(ledger: Ledger, items: Collection[Item]) -> int:
    """Return how many of the records are new if none of them was on a page before.

    What is above a message that is new, by its time or because it was pushed, is new as well.
    """
    new = (
        at + 1
        for at, item in enumerate(items)
        if item.id in ledger.known or ledger.is_new_by_time(item.time)
    )
    return max(new, default=0)


def _judge(ledger: Ledger, item: Item, found: Placement, *, is_above: bool) -> State | None:
    """Sort one record in; return the state to remember, if any."""
    state = ledger.state(item.id)
    is_new = is_above if state is None else _waits(state, item)
    if item.id in ledger.gone:
        found.doubtful.append(item.id)  # the page may be older than that
        return None
    if item.message is None and item.raw is None:
        if state is None:
            return None  # it was forgotten since it was read
        if item.id in ledger.touched:
            found.doubtful.append(item.id)
        return state
    if is_new:
        found.created.append(item)
    elif state is not None and item.id in ledger.touched:
        found.doubtful.append(item.id)
        return state
    elif state is not None and not is_unreadable(state):
        if item.message is not None:
            found.changed.append(item)
        return state
    elif state is not None and item.message is None:
        return state
    elif state is None:
        ledger.just_learned[item.id] = ledger.read_at
    return _state(item, is_new=is_new)


def _missing(
    ledger: Ledger, items: Collection[str], lowest: str | None, tail: int, stretch: Stretch
) -> list[str]:
    """Return the IDs that belong on these pages and are not there."""
    names = list(ledger.known)
    if stretch.is_oldest:
        first = 0
    elif lowest is None:
        return []
    else:
        # What stands right below would be among the unknown records at the end of the pages.
        first = max(0, names.index(lowest) - tail)
    on_pages = (at + 1 for at, one in enumerate(names) if one in items)
    last = len(names) if stretch.is_newest else max(on_pages, default=0)
    return [one for one in names[first:last] if one not in items and one not in ledger.touched]


def _rebuild(
    ledger: Ledger, states: dict[str, State], lowest: str | None, found: Placement, stretch: Stretch
) -> None:
    names = list(ledger.known)
    at = names.index(lowest) if lowest is not None else len(names)
    last = max((i for i, one in enumerate(names) if one in states), default=at)
    below = {one: ledger.known[one] for one in names[:at] if one not in states}
    above = {one: ledger.known[one] for one in names[last + 1 :] if one not in states}
    pages = dict(states.items())
    for index in range(at, min(last + 1, len(names))):  # what should be there keeps its place
        if names[index] not in states:
            pages = _inserted(pages, names[index - 1] if index else None, names[index])
            pages[names[index]] = ledger.known[names[index]]
    ledger.version += 1
    ledger.known = {**below, **pages, **above}
    for one in states:
        ledger.unverified.discard(one)
        ledger.loose.pop(one, None)
    if not below and stretch.cursor is not None:
        ledger.cursor = stretch.cursor
    times = [item.time for item in stretch.items if item.time is not None]
    if times:
        oldest = min(times)
        ledger.newest = max([*times, *([] if ledger.newest is None else [ledger.newest])])
        ledger.horizon = oldest if ledger.horizon is None else min(ledger.horizon, oldest)


def extend(ledger: Ledger, stretch: Stretch) -> None:
    """Remember older history, which is read below everything known."""
    older = {
        item.id: _state(item, is_new=False)
        for item in reversed(stretch.items)
        if item.id not in ledger.known and item.id not in ledger.gone
    }
    ledger.just_learned.update(dict.fromkeys(older, ledger.read_at))
    for one in older:
        older[one] = ledger.loose.pop(one, older[one])
    ledger.version += 1
    ledger.known = {**older, **ledger.known}
    # At the end of a history some apps serve its oldest messages again and again.
    ledger.cursor = stretch.cursor if older else None
    times = [item.time for item in stretch.items if item.time is not None]
    ledger.horizon = min(
        [*times, *([] if ledger.horizon is None else [ledger.horizon])], default=None
    )


def _inserted(states: dict[str, State], before: str | None, message_id: str) -> dict[str, State]:
    """Return states with one more behind another one, or in front of all."""
    result: dict[str, State] = {} if before in states else {message_id: b""}
    for one, state in states.items():
        result[one] = state
        if one == before:
            result[message_id] = b""
    return result


def _waits(state: State, item: Item) -> bool:
    """Whether a message can be read now that was new when it could not."""
    return item.message is not None and is_new_unreadable(state)


def _state(item: Item, *, is_new: bool) -> State:
    if item.message is None:
        return unreadable_state(item.raw, is_old=not is_new)
    return digest_of(item.message).pack()
