"""A message that the bot has sent."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from ..models.message import Message, MessageSendResponse
from ..resources.delivery import wait_until_delivered
from .spans import Span, seconds_of

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop


class Sent:
    """A message that the app has queued.

    Attributes:
        chat_id: The chat that it went to. For a merged chat, the member that the app chose.
        pending_id: The ID that it has until the network has accepted it.
    """

    def __init__(self, client: AsyncBeeperDesktop, response: MessageSendResponse) -> None:
        self.chat_id: Final = response.chat_id
        self.pending_id: Final = response.pending_message_id
        self._client = client

    def __repr__(self) -> str:
        return f"Sent(chat_id={self.chat_id!r}, pending_id={self.pending_id!r})"

    async def message(self) -> Message:
        """Return the message as it is now.

        Raises:
            NotFoundError: It is gone, or the app is older than 4.2.808.
            APIError: The call failed for another reason.
        """
        return await self._client.messages.retrieve(self.pending_id, chat_id=self.chat_id)

    async def delivered(self, timeout: Span = 60) -> Message:
        """Wait until the network has accepted the message.

        Args:
            timeout: How long to wait.

        Returns:
            The message with its final ID.

        Raises:
            DeliveryFailedError: The network refused it.
            DeliveryTimeoutError: It was neither accepted nor refused in time.
            DeliveryUnknownError: The token may not read it.
        """
        deadline = time.monotonic() + seconds_of("timeout", timeout)
        return await wait_until_delivered(self.message, self.pending_id, deadline=deadline)

    async def edit(self, text: str) -> None:
        """Replace the text of the message.

        Args:
            text: The new text, Markdown. Not empty.

        Raises:
            APIError: As from `messages.update`.
        """
        message = await self.message()
        await self._client.messages.update(message.id, chat_id=self.chat_id, text=text)

    async def delete(self, *, for_everyone: bool = False) -> None:
        """Delete the message.

        Args:
            for_everyone: True deletes it for all participants, where the network allows it.

        Raises:
            APIError: As from `messages.delete`.
        """
        message = await self.message()
        await self._client.messages.delete(
            message.id, chat_id=self.chat_id, for_everyone=for_everyone
        )
