"""What became of a sent message: recognising it, and waiting for the network."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import frozen

from .._codec.fields import parse_time
from .._codec.json_values import as_object
from .._paging.page import AsyncPage
from ..errors import (
    APIError,
    AuthenticationError,
    DeliveryFailedError,
    DeliveryTimeoutError,
    DeliveryUnknownError,
    PermissionDeniedError,
)
from ..models.message import Message
from .sent_text import shows

_CLOCKS_DIFFER: Final = timedelta(seconds=2)
_FIRST_LOOK: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
# Seconds for the last call after the time to wait is over.
_LAST_CALL: Final = 0.7
# Messages in a row that are too old, after which the search for a sent one ends: a page of them if
# an own one is among them, else ten.
_OLDER_WITH_OWN: Final = 20
_OLDER: Final = 200
# Optional fields by which a sent message is recognised.
_COMPARED: Final = frozenset({"linkedMessageID", "text"})

Pause = Callable[[float], Awaitable[object]]


class DeliveryNotifier:
    """Wakes up those who wait for news of a chat, as soon as live events bring any."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def notify(self, chat_id: str) -> None:
        """Wake up all who wait for news of this chat."""
        for waiting in self._waiting.get(chat_id, ()):
            waiting.set()

    @contextmanager
    def pause_until_news(self, chat_id: str) -> Generator[Pause]:
        """Give a pause that ends early with news of a chat, also with news from before it began."""
        news = asyncio.Event()

        async def pause(seconds: float) -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await news.wait()
            news.clear()

        self._waiting.setdefault(chat_id, set()).add(news)
        try:
            yield pause
        finally:
            self._waiting[chat_id].remove(news)
            if not self._waiting[chat_id]:
                del self._waiting[chat_id]


@frozen
class Sent:
    """What is known of a message that may have been sent."""

    since: datetime
    text: str | None
    reply_to: str | None

    def is_before(self, message: Message) -> bool:
        """Return whether a message is too old to be this one."""
        return message.timestamp < self.since - _CLOCKS_DIFFER

    def is_same(self, message: Message) -> bool:
        """Return whether a message can be this one."""
        if not message.is_sender or message.is_deleted or self.is_before(message):
            return False
        if self.reply_to is not None and message.linked_message_id != self.reply_to:
            return False
        return self.text is None or shows(self.text, message.text)

    def may_be_lost_in(self, message: Message) -> bool:
        """Return whether a message can be this one because of what could not be read of it."""
        return not _COMPARED.isdisjoint(message.misfits) and self.may_be(message.to_dict())

    def may_be(self, raw: Any) -> bool:
        """Return whether a record that can't be read can be this message.

        It can, unless something in it that is whole says otherwise: what is missing may be what
        was damaged.
        """
        record = as_object(raw)
        if record.get("isSender") is False or record.get("isDeleted") is True:
            return False
        linked, text = record.get("linkedMessageID"), record.get("text")
        if self.reply_to is not None and isinstance(linked, str) and linked != self.reply_to:
            return False
        if self.text is not None and isinstance(text, str) and not shows(self.text, text):
            return False
        try:
            return parse_time(record.get("timestamp") or "") >= self.since - _CLOCKS_DIFFER
        except (TypeError, ValueError):
            return True


class SentSearch:
    """Searches for a sent message page by page, and decides when it has gone far enough back.

    One old message proves nothing: it can be a late one, which stands above newer ones. So the
    search ends after a page of older messages in a row, among them an own one. The times of own
    messages come from the app's clock, those of others from anywhere.
    """

    def __init__(self, sent: Sent) -> None:
        self._sent = sent
        self._older = 0
        self._own = False
        self.is_over: bool = False
        """Whether no further page has to be looked at."""
        self.unclear: int = 0
        """Number of records that may be the message, for all that can be read of them."""

    def find_in(self, page: AsyncPage[Message]) -> Message | None:
        """Return the message, if it is on the next page."""
        self.unclear += sum(self._sent.may_be(record.raw) for record in page.unreadable)
        for message in page.items:
            if self._sent.is_same(message):
                return message
            self.unclear += self._sent.may_be_lost_in(message)
            self.is_over = self._is_end(message)
            if self.is_over:
                break
        return None

    def _is_end(self, message: Message) -> bool:
        if not self._sent.is_before(message):
            self._older, self._own = 0, False
            return False
        self._older += 1
        self._own = self._own or bool(message.is_sender)
        return self._older >= (_OLDER_WITH_OWN if self._own else _OLDER)


def deadlines(timeout: float | None) -> tuple[float | None, float | None]:
    """Return until when to wait for a delivery, and when the last call has to be over."""
    if timeout is None or math.isinf(timeout):
        return None, None
    now = time.monotonic()
    return now + timeout, now + timeout + _LAST_CALL


async def wait_until_delivered(
    look: Callable[[], Awaitable[Message]],
    pending_message_id: str,
    *,
    deadline: float | None,
    pause: Pause = asyncio.sleep,
) -> Message:
    """Look at a sent message again and again until the network has taken or refused it.

    Args:
        look: Reads the message.
        pending_message_id: What the app answered when it was sent.
        deadline: When to give up, by `time.monotonic()`; None for as long as it takes.
        pause: Waits between two looks, at most as long as it is told; whoever hears of changes
            earlier, such as live events, ends it earlier. By default it just sleeps.
    """
    wait = _FIRST_LOOK
    message: Message | None = None
    trouble: APIError | None = None
    while True:
        try:
            message = await look()
        except (AuthenticationError, PermissionDeniedError) as error:
            raise DeliveryUnknownError(
                "messages.send_and_wait: the app took the message, but refuses access to it "
                f"({error.status_code}). It may have arrived: don't send it again. Check it with "
                "messages.retrieve and pending_message_id, with a token that may read.",
                pending_message_id=pending_message_id,
                sent_message=message,
            ) from error
        except APIError as error:
            # The message is on its way, so a failure to look at it must not hide its ID. Some
            # networks also take a moment before they know the message at all.
            trouble = error
        else:
            if _is_delivered(message, pending_message_id):
                return message
        left = math.inf if deadline is None else deadline - time.monotonic()
        if left <= 0:
            raise DeliveryTimeoutError(
                "messages.send_and_wait: nothing was heard of the message in time. It may still "
                "arrive; messages.retrieve with pending_message_id tells.",
                pending_message_id=pending_message_id,
                sent_message=message,
            ) from trouble
        await pause(min(wait, left))
        wait = min(wait * 1.5, _LONGEST_PAUSE)


def _is_delivered(message: Message, pending_message_id: str) -> bool:
    status = message.send_status
    if status is None:
        # Not every network tells; then the final ID is the sign that it took the message.
        return message.id != pending_message_id
    if status.status.startswith("FAIL"):
        raise DeliveryFailedError(
            f"messages.send_and_wait: the network did not take the message "
            f"({status.status}, reason: {status.reason or 'not told'}).",
            pending_message_id=pending_message_id,
            sent_message=message,
        )
    return status.status == "SUCCESS"
