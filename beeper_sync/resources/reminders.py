# Generated from beeper_async/resources/reminders.py by `python -m beeper_sync._generate`.
"""Reminders of chats."""

from collections.abc import Mapping
from typing import Any

from beeper_async.models.inputs import ReminderInput
from beeper_async.resources.reminders import AsyncRemindersResource

from ..base import SyncResource


class RemindersResource(SyncResource[AsyncRemindersResource]):
    """Manage the reminder of a chat."""

    def create(self, chat_id: str, *, reminder: ReminderInput | Mapping[str, Any]) -> None:
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
        return self._call(self._async.create, chat_id, reminder=reminder)

    def delete(self, chat_id: str) -> None:
        """Clear the reminder of a chat.

        Args:
            chat_id: The chat's ID.

        Raises:
            NotFoundError: There is no such chat.
            APIError: Any other failure of the call.

        Endpoint: DELETE /v1/chats/{chatID}/reminders
        """
        return self._call(self._async.delete, chat_id)
