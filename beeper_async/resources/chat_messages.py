"""Messages as a part of a chat. They have no calls of their own here, only their reactions do."""

from functools import cached_property
from typing import TYPE_CHECKING

from .base import AsyncResource

if TYPE_CHECKING:
    from .reactions import AsyncReactionsResource


class AsyncChatMessagesResource(AsyncResource):
    """Manage messages of chats."""

    @cached_property
    def reactions(self) -> "AsyncReactionsResource":
        """Reactions to messages."""
        from .reactions import AsyncReactionsResource

        return AsyncReactionsResource(self._client)
