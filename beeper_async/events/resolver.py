"""Reads single messages: those of which it is not clear how they are, or whether they are."""

from __future__ import annotations

from typing import Final, Protocol

from attrs import evolve

from .._codec.json_values import is_object
from .._http.unreadable import Unreadable
from ..errors import APIError, APIResponseValidationError, AuthenticationError, NotFoundError
from ..models.message import Message
from .changes import RECOVERED, may_be_pending
from .ledger import Held, Ledger
from .live import Ask, LiveEvents
from .own_messages import OwnMessages
from .reader import AppTooOldError, Reader
from .recorder import Recorder
from .refusals import Refusals, in_own_words
from .source import Report
from .states import state_of

_ASKED_AT_ONCE: Final = 50
BEHIND: Final = 2
"""After so many failures a chat counts as not caught up."""


class Reads(Protocol):
    """What reads the chats."""

    async def read(self, ledger: Ledger) -> None:
        """Read the newest pages of a chat, as a part of its job."""

    def look(self, ledger: Ledger) -> None:
        """Read the newest pages of a chat soon."""

    def ask_again(self, ledger: Ledger, failures: int) -> None:
        """Read its single messages again, the later the more has failed."""

    async def room(self, ledger: Ledger) -> None:
        """Wait until the consumer can take more, as a part of a chat's job."""

    def fall_behind(self, ledger: Ledger, error: Exception) -> None:
        """Note that a chat is not caught up."""


class Resolver:
    """Reads single messages, and hands what they show to the recorder.

    Args:
        reads: Reads the chats.
        reader: Requests messages.
        recorder: Takes what is found.
        refusals: Decides which refusals end the stream.
        report: Takes a message that can't be read.
        live: Takes a message that an event has named.
    """

    def __init__(
        self,
        reads: Reads,
        reader: Reader,
        recorder: Recorder,
        refusals: Refusals,
        report: Report,
        live: LiveEvents,
    ) -> None:
        self.own: OwnMessages = OwnMessages(reader, self, live)
        self._reads = reads
        self._reader = reader
        self._recorder = recorder
        self._refusals = refusals
        self._report = report
        self._live = live
        self._asks: dict[str, dict[str, Ask]] = {}

    def add(self, ledger: Ledger, message_id: str, ask: Ask) -> None:
        """Note that a message has to be read."""
        asks = self._asks.setdefault(ledger.chat_id, {})
        known = asks.get(message_id)
        if known is None or (known.source.recovered and not ask.source.recovered):
            asks[message_id] = ask
        if ask.was_read and ledger.state(message_id) is None and message_id not in ledger.gone:
            ledger.owed.setdefault(message_id, False)  # no page may ever show it

    def has(self, chat_id: str) -> bool:
        """Whether messages of a chat have to be read."""
        return bool(self._asks.get(chat_id))

    def drop(self, chat_id: str) -> None:
        """Forget a chat."""
        self._asks.pop(chat_id, None)

    async def resolve(self, ledger: Ledger) -> None:
        """Read the messages of a chat that are asked for, some of them at once."""
        await self.own.resolve_doubts(ledger)
        asks = self._asks.get(ledger.chat_id)
        if not asks:
            return
        for message_id, ask in list(asks.items())[:_ASKED_AT_ONCE]:
            ledger.touched.clear()
            try:
                await self.resolve_one(ledger, message_id, ask)
            except AuthenticationError:
                raise
            except APIError as error:
                self._refusals.check(error)
                self._ask_again(ledger, message_id, ask, error)
                continue
            if message_id not in ledger.touched:
                asks.pop(message_id, None)
                ledger.owed.pop(message_id, None)
        waiting = [ask.failures for ask in asks.values()]
        if waiting:
            self._reads.ask_again(ledger, min(waiting))

    def _ask_again(self, ledger: Ledger, message_id: str, ask: Ask, error: APIError) -> None:
        failures = ask.failures + 1
        asks = self._asks.get(ledger.chat_id)
        if asks is None:
            return  # the chat is gone
        asks.pop(message_id, None)
        asks[message_id] = evolve(ask, failures=failures)
        if failures >= BEHIND:
            self._reads.fall_behind(ledger, error)

    async def resolve_one(
        self, ledger: Ledger, message_id: str, ask: Ask, final: Message | None = None
    ) -> None:
        """Read a message and take over how it is.

        Args:
            ledger: Its chat.
            message_id: Its ID.
            ask: Why.
            final: A new message that it may be, under another ID.
        """
        try:
            message = await self._reader.message(ledger, message_id)
        except NotFoundError as error:
            if not in_own_words(error):
                raise
            await self._reads.room(ledger)
            is_owed_deletion = ledger.owed.pop(message_id, False)
            if final is not None:
                if ledger.is_same_sending(message_id, final):
                    self._renamed(ledger, message_id, final, ask)
                return
            if message_id in ledger.sending:
                await self._reads.read(ledger)  # it may be there under its final ID
            if is_owed_deletion or ledger.state(message_id) is not None:
                self._recorder.deleted(ledger, message_id, ask.source)
            return
        except AppTooOldError:
            await self._reads.room(ledger)
            self._resolve_by_pages(ledger, message_id, ask)
            return
        except APIResponseValidationError as error:
            if not is_object(error.body):
                raise  # a broken response, not an odd message
            self._report(Unreadable(None, tuple(error.problems), error.body, call="events"))
            if ledger.state(message_id) is None and not ask.source.recovered:
                self._find_on_pages(ledger, message_id, ask)
            return
        await self._reads.room(ledger)
        if final is None and message_id in ledger.touched:
            return  # an event came after the request, so it is asked for again
        self._answered(ledger, message_id, message, ask)

    def _resolve_by_pages(self, ledger: Ledger, message_id: str, ask: Ask) -> None:
        """Take what the pages of an old app show, which can't return a single message."""
        if ask.is_missing:
            self._recorder.deleted(ledger, message_id, ask.source)
        elif not ask.source.recovered:
            self._find_on_pages(ledger, message_id, ask)

    def _find_on_pages(self, ledger: Ledger, message_id: str, ask: Ask) -> None:
        """Let the pages show whether a message is new of which only the ID is known."""
        ledger.doubts[message_id] = Held(b"", ask.source)
        self._reads.look(ledger)

    def _answered(self, ledger: Ledger, message_id: str, message: Message, ask: Ask) -> None:
        """Take over how a response shows a message."""
        if message.id != message_id:
            self._renamed(ledger, message_id, message, ask)
        elif ledger.state(message.id) is not None:
            is_owed = message.id in ledger.owed or ask.was_read
            is_changed = self._recorder.changed(ledger, message, ask.source, state_of(message))
            if ask.is_missing and not is_changed:
                ledger.loosen(message.id)
            if is_owed and not is_changed:
                self._recorder.unknown_changed(ledger, message, ask.source, state_of(message))
        elif may_be_pending(message) and ledger.touched - {message.id}:
            ledger.touched.add(message.id)  # one of these may be the same: ask again
        elif message.id in ledger.gone and (message.is_deleted or ask.source.recovered):
            del ledger.gone[message.id]  # what is left of it, or it is there again
            ledger.set(message, state_of(message))
        elif ask.was_read or not ask.source.recovered:
            ledger.gone.pop(message.id, None)
            self._live.apply(
                ledger,
                message,
                state_of(message),
                ask.source,
                was_read=ask.was_read,
                was_asked=True,
            )
        elif ledger.owed.pop(message.id, None) is not None:
            self._live.apply(ledger, message, state_of(message), RECOVERED, was_asked=True)

    def _renamed(self, ledger: Ledger, old: str, message: Message, ask: Ask) -> None:
        was_touched = message.id in ledger.touched
        ledger.touched.add(message.id)  # a page that was read before is older
        if ledger.state(old) is None:
            if was_touched and ledger.state(message.id) is not None:
                self.add(ledger, message.id, ask)  # an event came after the request
                self._reads.ask_again(ledger, 0)
            elif not ask.source.recovered:
                self._live.apply(ledger, message, state_of(message), ask.source, was_asked=True)
            return
        if ledger.state(message.id) is not None:
            ledger.remove(old)
            return
        ledger.rename(old, message.id)
        self._recorder.changed(
            ledger, message, ledger.source_of(message.id), state_of(message), previous_id=old
        )
        ledger.doubts.pop(message.id, None)
