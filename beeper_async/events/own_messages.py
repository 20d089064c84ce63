"""Own messages that get another ID when the network has taken them.

A message of the user is first known by a pending ID. Pages, events and responses show it under
either, in any order; it must be created once all the same.
"""

from __future__ import annotations

from typing import Protocol

from attrs import evolve

from ..errors import NotFoundError
from ..models.message import Message
from .changes import RECOVERED, may_be_pending
from .ledger import Held, Ledger
from .live import Ask, LiveEvents
from .placement import Item, Stretch
from .reader import MAX_INCOMPLETE, AppTooOldError, IncompleteError, Reader
from .refusals import in_own_words
from .states import message_in, state_of


class Resolves(Protocol):
    """Reads a single message and takes over how it is."""

    async def resolve_one(
        self, ledger: Ledger, message_id: str, ask: Ask, final: Message | None = None
    ) -> None:
        """Read a message; `final` is a new one that it may be, under another ID."""


class OwnMessages:
    """Finds the messages that are known under another ID.

    Args:
        reader: Requests messages.
        resolver: Takes over what they show.
        live: Takes an event under the ID that its message has by now.
    """

    def __init__(self, reader: Reader, resolver: Resolves, live: LiveEvents) -> None:
        self._reader = reader
        self._resolver = resolver
        self._live = live

    async def settled(self, ledger: Ledger, stretch: Stretch) -> Stretch:
        """Return pages without what is known under another ID, as of this very moment.

        Raises:
            IncompleteError: They show an ID that the app has forgotten since.
        """
        while True:
            told = set(ledger.touched)
            stretch = await self._without_renamed(ledger, stretch)
            if told == ledger.touched:
                return stretch

    async def _without_renamed(self, ledger: Ledger, stretch: Stretch) -> Stretch:
        """Find the messages that are known under another ID, before they count as new.

        A message gets its final ID when the network has taken it. A page and the events that came
        meanwhile may show it under either; so may two pages that were read one after the other.
        """
        on_pages = {item.id for item in stretch.items}
        known = {one for one in on_pages if ledger.state(one) is not None}
        items: list[Item] = []
        for item in stretch.items:
            message = item.message
            if message is None or not message.is_sender or ledger.state(item.id) is not None:
                items.append(item)
                continue
            await self._resolve_sending(ledger, message)
            if ledger.state(item.id) is not None or not may_be_pending(message):
                items.append(item)
                continue
            now = await self._final(ledger, message)
            if now is None and ledger.failures < MAX_INCOMPLETE:
                raise IncompleteError  # a newer page shows its final ID, in its place
            if now is None:
                continue  # deleted
            if now.id == item.id:
                items.append(item)
            elif now.id not in on_pages and ledger.state(now.id) is None:
                items.append(Item(now.id, now, None, item.time))
        renamed = {one for one in known if ledger.state(one) is None} - ledger.gone.keys()
        return evolve(stretch, items=[item for item in items if item.id not in renamed])

    async def _resolve_sending(self, ledger: Ledger, message: Message) -> None:
        """Ask for the messages that a new own one may be."""
        for one in ledger.may_be(message):
            if one != message.id:
                await self._resolver.resolve_one(ledger, one, Ask(RECOVERED), message)

    async def _final(self, ledger: Ledger, message: Message) -> Message | None:
        """Return an own message as the app has it by now; None if it has no such ID any more."""
        try:
            return await self._reader.message(ledger, message.id)
        except NotFoundError as error:
            return None if in_own_words(error) else message
        except AppTooOldError:
            return message

    async def resolve_doubts(self, ledger: Ledger) -> None:
        """Find out which of the own messages that were pushed are known under another ID."""
        for message_id, held in list(ledger.doubts.items()):
            message = message_in(held.state or b"")
            if message is not None and message.is_sender:
                await self._resolve_doubt(ledger, message_id, held, message)

    async def _resolve_doubt(
        self, ledger: Ledger, message_id: str, held: Held, message: Message
    ) -> None:
        await self._resolve_sending(ledger, message)
        if ledger.state(message_id) is not None or not may_be_pending(message):
            return
        now = await self._final(ledger, message)
        is_other = now is None or now.id != message_id
        if is_other and ledger.doubts.get(message_id) is held:
            del ledger.doubts[message_id]
            if now is not None and ledger.state(now.id) is None:
                self._live.apply(ledger, now, state_of(now), held.source, was_asked=True)
