"""What became of a sent message: recognising it, and waiting for the network."""

import asyncio
import html
import re
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from ..errors import APIError, DeliveryFailedError, DeliveryTimeoutError
from ..models.message import Message

_CLOCKS_DIFFER: Final = timedelta(seconds=2)
_FIRST_LOOK: Final = 0.1
_LONGEST_PAUSE: Final = 2.0

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
        """Tell that a message, and so all older ones, are too old to be this one."""
        return message.timestamp < self.since - _CLOCKS_DIFFER

    def is_same(self, message: Message) -> bool:
        """Tell whether a message can be this one."""
        if not message.is_sender or message.is_deleted:
            return False
        if self.reply_to is not None and message.linked_message_id != self.reply_to:
            return False
        return self.text is None or _read_of_markdown(self.text) == _read_of_html(message.text)


def _read_of_markdown(text: str) -> str:
    """Return what one reads of a text that was sent."""
    links_as_words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return "".join(char for char in links_as_words if not _is_markup(char))


def _read_of_html(text: str | None) -> str:
    """Return what one reads of the rich text that the app made of it."""
    without_tags = re.sub(r"<[^<>]*>", "", text or "")
    return _read_of_markdown(html.unescape(without_tags))


def _is_markup(char: str) -> bool:
    return char.isspace() or char in "*_~`#>[]()!|\\-+"


async def wait_until_delivered(
    look: Callable[[], Awaitable[Message]],
    pending_message_id: str,
    *,
    timeout: float | None,
    pause: Pause = asyncio.sleep,
) -> Message:
    """Look at a sent message again and again until the network has taken or refused it.

    Args:
        look: Reads the message.
        pending_message_id: What the app answered when it was sent.
        timeout: Seconds to wait; None for as long as it takes.
        pause: Waits between two looks, at most as long as it is told; whoever hears of changes
            earlier, such as live events, ends it earlier. By default it just sleeps.
    """
    deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
    wait = _FIRST_LOOK
    message: Message | None = None
    trouble: APIError | None = None
    while True:
        try:
            message = await look()
        except APIError as error:
            # The message is on its way, so a failure to look at it must not hide its ID. Some
            # networks also take a moment before they know the message at all.
            trouble = error
        else:
            if _is_delivered(message, pending_message_id):
                return message
        left = deadline - time.monotonic()
        if left <= 0:
            raise DeliveryTimeoutError(
                f"messages.send_and_wait: nothing was heard of the message within {timeout} s. It "
                "may still arrive; messages.retrieve with pending_message_id tells.",
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
