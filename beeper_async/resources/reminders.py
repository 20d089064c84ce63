"""Reminders of chats."""

from collections.abc import Mapping
from typing import Any

from ..models.inputs import ReminderInput
from ..parameters import input_of
from ..request import path_of, removal
from ..versions import REMINDERS_CREATE
from .base import AsyncResource


class AsyncRemindersResource(AsyncResource):
    """Manage the reminder of a chat."""

    async def create(self, chat_id: str, *, reminder: ReminderInput | Mapping[str, Any]) -> None:
        """Set the reminder of a chat, in the place of an earlier one.

        Args:
            chat_id: The chat's ID.
            reminder: `remind_at`, a time with a time zone, and `dismiss_on_incoming_message`.

        Raises:
            InvalidInputError: The time has no time zone, or a field is unknown; nothing was sent.
            NotFoundError: There is no such chat.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/chats/{chatID}/reminders
        """
        checked = input_of(ReminderInput, "reminder", reminder)
        return await self._send_changed(REMINDERS_CREATE, chat_id, checked)

    async def delete(self, chat_id: str) -> None:
        """Clear the reminder of a chat.

        Args:
            chat_id: The chat's ID.

        Raises:
            NotFoundError: There is no such chat.
            APIError: Any other failure of the call.

        Endpoint: DELETE /v1/chats/{chatID}/reminders
        """
        path = path_of("/v1/chats/{}/reminders", chat_id)
        return await self._send(removal("chats.reminders.delete", path, type(None), gone=None))
