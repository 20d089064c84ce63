# Generated from beeper_async/resources/chat_messages.py by `python -m beeper_sync._generate`.
"""Messages as a part of a chat. They have no calls of their own here, only their reactions do."""

from functools import cached_property
from typing import TYPE_CHECKING

from beeper_async.resources.chat_messages import AsyncChatMessagesResource

from ..base import SyncResource

if TYPE_CHECKING:
    from .reactions import ReactionsResource


class ChatMessagesResource(SyncResource[AsyncChatMessagesResource]):
    """Manage messages of chats."""

    @cached_property
    def reactions(self) -> "ReactionsResource":
        """Reactions to messages."""
        from .reactions import ReactionsResource

        return ReactionsResource(self._client, self._async.reactions)
