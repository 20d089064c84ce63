"""Reminders of chats."""

from collections.abc import Mapping
from typing import Any

from .._http.query import path_of
from .._http.request import removal
from .._validation import check_input
from ..models.inputs import ReminderInput
from .base import AsyncResource
from .compat import REMINDERS_CREATE


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
        path = path_of("/v1/chats/{chat_id}/reminders", chat_id=chat_id)
        checked = check_input(ReminderInput, "reminder", reminder)
        return await self._send_changed(REMINDERS_CREATE, path, checked)

    async def delete(self, chat_id: str) -> None:
        """Clear the reminder of a chat.

        Args:
            chat_id: The chat's ID.

        Raises:
            NotFoundError: There is no such chat.
            APIError: Any other failure of the call.

        Endpoint: DELETE /v1/chats/{chatID}/reminders
        """
        path = path_of("/v1/chats/{chat_id}/reminders", chat_id=chat_id)
        return await self._send(removal("chats.reminders.delete", path, type(None), gone=None))
