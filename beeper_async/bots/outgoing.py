"""What the bot sends: at what pace, how much to one chat, and what is sent again."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Final

from .._http.uploads import FileInput
from .._omit import omit
from ..errors import APIConnectionError, OutcomeUnknownError
from ..models.attachment import Attachment
from ..models.inputs import AttachmentInput, SizeInput
from . import patience
from .clock import Clock
from .errors import LoopBrakeError
from .sent import Sent
from .text import escape_markdown

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop

_log = logging.getLogger("beeper_async")

_BURST: Final = 5
_MINUTE: Final = 60.0


class Pace:
    """Lets so many messages a minute through, a few of them at once; more wait.

    Args:
        clock: The time.
        per_minute: How many. None disables it.
    """

    def __init__(self, clock: Clock, per_minute: int | None) -> None:
        self._clock = clock
        self._seconds_each = 0.0 if per_minute is None else _MINUTE / per_minute
        self._free_at = 0.0

    async def __call__(self) -> None:
        """Wait until another message may be sent."""
        now = self._clock.now().timestamp()
        # As if each message took its time, and a burst had been saved up before.
        start = max(self._free_at, now - self._seconds_each * (_BURST - 1))
        self._free_at = start + self._seconds_each
        if start > now:
            await self._clock.hold_back(start - now)


class Brake:
    """Refuses what looks like a loop: too many messages to one chat within a minute.

    Args:
        clock: The time.
        per_chat: How many are allowed. None disables it.
    """

    def __init__(self, clock: Clock, per_chat: int | None) -> None:
        self._clock = clock
        self._limit = per_chat
        self._times: dict[str, deque[float]] = {}

    def __call__(self, chat_id: str) -> None:
        """Count a message.

        Raises:
            LoopBrakeError: It is one too many.
        """
        if self._limit is None:
            return
        now = self._clock.now().timestamp()
        times = self._times.setdefault(chat_id, deque())
        while times and times[0] <= now - _MINUTE:
            times.popleft()
        if len(times) >= self._limit:
            _log.warning("bot: more than %d messages a minute to %s", self._limit, chat_id)
            raise LoopBrakeError(chat_id, self._limit)
        times.append(now)


class Outgoing:
    """Sends the messages of a bot.

    Args:
        client: The client.
        pace: Waits until another message may be sent.
        brake: Refuses what looks like a loop.
    """

    def __init__(self, client: AsyncBeeperDesktop, pace: Pace, brake: Brake) -> None:
        self._client = client
        self._pace = pace
        self._brake = brake

    async def send(
        self,
        chat_id: str,
        text: str,
        *,
        file: FileInput | Attachment | None,
        reply_to: str | None,
        plain: bool,
    ) -> Sent:
        """Send a message; see `Bot.send`."""
        text = escape_markdown(text) if plain else text
        self._brake(chat_id)
        await self._pace()
        attachment = None if file is None else await self._attachment(file)
        failures = 0
        while True:
            try:
                response = await self._client.messages.send(
                    chat_id,
                    text=text or omit,
                    attachment=omit if attachment is None else attachment,
                    reply_to_message_id=reply_to or omit,
                )
            except APIConnectionError as error:
                # The app is away, and nothing has reached it: the message is as new as before.
                if isinstance(error, OutcomeUnknownError) or not error.never_sent:
                    raise
                _log.info("bot: a message waits for the app (%s)", type(error).__name__)
            else:
                return Sent(self._client, response)
            await patience.pause(failures)
            failures += 1

    async def react(self, message_id: str, chat_id: str, key: str) -> None:
        """React to a message; see `Context.react`."""
        self._brake(chat_id)
        await self._pace()
        await self._client.chats.messages.reactions.add(
            message_id, chat_id=chat_id, reaction_key=key
        )

    async def _attachment(self, file: FileInput | Attachment) -> AttachmentInput:
        assets = self._client.assets
        if not isinstance(file, Attachment):
            upload = await assets.upload(file=file)
            return AttachmentInput(upload_id=upload.upload_id or "")
        content = assets.serve(url=file.id or file.src_url or "").iter_bytes()
        upload = await assets.upload(file=(file.file_name, content, file.mime_type))
        size = None
        if file.size is not None and file.size.width and file.size.height:
            size = SizeInput(width=file.size.width, height=file.size.height)
        return AttachmentInput(
            upload_id=upload.upload_id or "", type=_kind(file), duration=file.duration, size=size
        )


def _kind(file: Attachment) -> str | None:
    """Return what a received file is, in the words for files to send; None leaves it to the app."""
    if file.is_voice_note:
        return "voice-note"
    if file.is_sticker:
        return "sticker"
    return "gif" if file.is_gif else None
