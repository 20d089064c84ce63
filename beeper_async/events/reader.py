"""Reads the pages of a chat, as far back as it takes, and single messages."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from ..errors import NotFoundError
from ..models.message import Message
from .changes import is_same
from .frames import id_in, raw_time
from .ledger import Ledger
from .placement import Item, Stretch
from .refusals import in_own_words
from .source import EventSource
from .states import is_unreadable, message_in

if TYPE_CHECKING:
    from .._paging.page import AsyncCursorNoLimit

# Pages that are kept on the way back to what is known. Those after them are requested a second
# time on the way forward, so that a long absence does not fill the memory.
_KEPT_PAGES: Final = 50
# Pages that are read beyond the first one with a verified message, while unknown ones end them.
_EXTRA_PAGES: Final = 2
# Messages of a page that are asked for, one by one, before an app counts as without the call.
_PROBES: Final = 2
# A chat of which more is known is not read to its end for a single live event.
_FAR: Final = 1000
# Older than everything that any page showed by more than this: what is known is not there.
_BEYOND: Final = 86_400.0


MAX_INCOMPLETE: Final = 3
"""After so many failures of a chat its pages are taken as they are."""


class IncompleteError(Exception):
    """The pages of a chat do not lead to what is known of it, or are outdated."""


class AppTooOldError(Exception):
    """The app can't return a single message."""


class Reader:
    """Reads over HTTP, and notes in the ledger of a chat what a response showed when.

    Args:
        source: The client.
        clock: The time of the event loop.
        just_read: Seconds during which an event may arrive that is older than a response.
    """

    def __init__(self, source: EventSource, clock: Callable[[], float], just_read: float) -> None:
        self._source = source
        self._clock = clock
        self._just_read = just_read
        self._has_singles: bool | None = None

    async def message(self, ledger: Ledger, message_id: str) -> Message:
        """Read a single message.

        Raises:
            AppTooOldError: The app has no call for that.
            NotFoundError: There is no such message, if the error is in the app's own words.
            APIError: The call failed.
        """
        if self._has_singles is False:
            raise AppTooOldError
        try:
            message = await self._source.messages.retrieve(message_id, chat_id=ledger.chat_id)
        except NotFoundError as error:
            if self._has_singles is None and in_own_words(error):
                await self._check_singles(ledger, message_id)
            raise
        self._has_singles = True
        self._note(ledger, [message_id, message.id])
        return message

    async def _check_singles(self, ledger: Ledger, message_id: str) -> None:
        """Find out what a first 404 means: an app before 4.2.808 has no call for one message.

        What a page shows now is asked for, because what is known may be gone by now.
        """
        page = await self._source.messages.list(ledger.chat_id)
        probes = [one.id for one in page.items if one.id != message_id][:_PROBES]
        for probe in probes:
            try:
                await self._source.messages.retrieve(probe, chat_id=ledger.chat_id)
            except NotFoundError as error:
                if not in_own_words(error):
                    raise
            else:
                self._has_singles = True
                return
        if probes:
            self._has_singles = False
            raise AppTooOldError

    async def newest(self, ledger: Ledger, *, is_deep: bool) -> AsyncGenerator[Stretch]:
        """Read back from the newest page to what is known; give the stretches oldest first.

        Args:
            ledger: The chat.
            is_deep: Whether to read on to the oldest message that is known.
        """
        enough = _Deep(ledger) if is_deep else _Look(ledger)
        kept: deque[list[Item]] = deque(maxlen=None if is_deep else _KEPT_PAGES)
        cursors: list[str] = []
        cursor, is_oldest = "", True
        async for page in self._source.messages.list(ledger.chat_id).iter_pages():
            items = self._items(ledger, page)
            kept.append(items)
            cursors.append(cursor)
            onward = page.next_page_info()
            cursor = "" if onward is None else str(onward.params["cursor"])
            if onward is not None and enough.after(items):
                is_oldest = False
                break
        let_go = len(cursors) - len(kept)
        items = [item for page_items in kept for item in page_items]
        yield Stretch(
            items,
            is_newest=not let_go,
            is_oldest=is_oldest,
            is_complete=enough.is_met or is_oldest,
            cursor=cursor or None,
        )
        async for stretch in self._forward(ledger, cursors[:let_go], kept[0]):
            yield stretch

    async def _forward(
        self, ledger: Ledger, cursors: Sequence[str], last: list[Item]
    ) -> AsyncGenerator[Stretch]:
        """Read pages again that were let go, from the oldest to the newest.

        Each stretch ends with the page that the last one began with, which is known by now.
        """
        for at in reversed(range(len(cursors))):
            if at:
                page = await self._source.messages.list(ledger.chat_id, cursor=cursors[at])
            else:  # the first page has no cursor, and is no longer what it was
                async for stretch in self.newest(ledger, is_deep=False):
                    yield stretch
                return
            items = self._items(ledger, page)
            yield Stretch([*items, *last], is_newest=False, is_oldest=False)
            last = items

    async def older(self, ledger: Ledger, cursor: str) -> Stretch:
        """Read the page below everything that is known."""
        page = await self._source.messages.list(ledger.chat_id, cursor=cursor)
        onward = page.next_page_info()
        return Stretch(
            self._items(ledger, page),
            is_newest=False,
            is_oldest=onward is None,
            cursor=None if onward is None else str(onward.params["cursor"]),
        )

    def _items(self, ledger: Ledger, page: AsyncCursorNoLimit[Message]) -> list[Item]:
        records: list[Item] = [_item(ledger, message) for message in page.items]
        for record in page.unreadable:
            raw: Any = record.raw
            one = id_in(raw)
            if one is not None and record.index is not None:
                records.insert(record.index, Item(one, None, raw, raw_time(raw)))
        self._note(ledger, [item.id for item in records])
        return records

    def _note(self, ledger: Ledger, message_ids: Sequence[str]) -> None:
        ledger.note_read(message_ids, self._clock(), self._just_read)


def _item(ledger: Ledger, message: Message) -> Item:
    """Return the record of a message, without the message if it is known like that."""
    state, time = ledger.state(message.id), message.timestamp.timestamp()
    if state is not None and not is_unreadable(state) and is_same(message, state):
        return Item(message.id, None, None, time)
    return Item(message.id, message, None, time)


class _Look:
    """Decides when enough was read to see what is new."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._floor = ledger.floor
        self._has_known = self._floor is not None
        self._extra = 0
        self._to_floor = _may_be_late(ledger)
        self.is_met: bool = not self._has_known
        """Whether what is known was reached."""

    def after(self, items: Sequence[Item]) -> bool:
        """Return whether this page was the last one that is needed."""
        ledger = self._ledger
        if not items:
            return False
        if not self._has_known:
            return not any(ledger.is_new_by_time(item.time) for item in items)
        self.is_met = self.is_met or any(ledger.is_verified(item.id) for item in items)
        if not self.is_met:
            return _is_beyond(ledger, items)
        if self._has_floor(items):
            return True
        if self._to_floor:
            return False
        if ledger.is_verified(items[-1].id):
            return True
        self._extra += 1
        return self._extra > _EXTRA_PAGES

    def _has_floor(self, items: Iterable[Item]) -> bool:
        return any(item.id == self._floor for item in items)


class _Deep:
    """Decides when everything that is known was read."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._floor = ledger.floor
        self._unknown_pages = 0
        self.is_met: bool = self._floor is None

    def after(self, items: Sequence[Item]) -> bool:
        """Return whether this page was the last one that is needed."""
        if not items:
            return False
        if any(self._ledger.is_verified(item.id) for item in items):
            self.is_met, self._unknown_pages = True, 0
        else:
            self._unknown_pages += 1
        has_floor = any(item.id == self._floor for item in items)
        is_below = self.is_met and self._unknown_pages >= _EXTRA_PAGES
        return has_floor or is_below or _is_beyond(self._ledger, items)


def _may_be_late(ledger: Ledger) -> bool:
    """Whether a live event may be of a new message that the app put far below the newest ones.

    An old message of which an event comes was mostly edited, or somebody reacted to it.
    """
    messages = (message_in(held.state) for held in ledger.doubts.values() if held.state)
    is_late = any(one and not one.reactions and not one.edited_timestamp for one in messages)
    return is_late and len(ledger.known) <= _FAR


def _is_beyond(ledger: Ledger, items: Sequence[Item]) -> bool:
    """Whether a page lies below everything that any page showed before."""
    horizon = ledger.horizon
    times = [item.time for item in items if item.time is not None]
    return horizon is not None and bool(times) and max(times) < horizon - _BEYOND
