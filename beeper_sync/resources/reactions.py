# Generated from beeper_async/resources/reactions.py by `python -m beeper_sync._generate`.
"""Reactions to messages."""

from functools import cached_property

from beeper_async._omit import Omit, omit
from beeper_async.models.reaction import ReactionAddResponse, ReactionDeleteResponse
from beeper_async.resources.reactions import AsyncChatMessagesResource, AsyncReactionsResource

from ..base import SyncResource


class ReactionsResource(SyncResource[AsyncReactionsResource]):
    """Manage reactions to messages."""

    def add(
        self,
        message_id: str,
        *,
        chat_id: str,
        reaction_key: str,
        transaction_id: str | Omit = omit,
    ) -> ReactionAddResponse:
        """React to a message.

        Args:
            message_id: The message's ID.
            chat_id: The chat it is in.
            reaction_key: An emoji, a shortcode or a key of the network; not empty.
            transaction_id: The app drops a second reaction with the same one. Left out, one is
                made for this call, which is what makes repeating it harmless.

        Returns:
            What was queued; `success` does not mean delivered.

        Raises:
            NotFoundError: There is no such message.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/chats/{chatID}/messages/{messageID}/reactions
        """
        return self._call(
            self._async.add,
            message_id,
            chat_id=chat_id,
            reaction_key=reaction_key,
            transaction_id=transaction_id,
        )

    def delete(
        self, message_id: str, *, chat_id: str, reaction_key: str
    ) -> ReactionDeleteResponse:
        """Take an own reaction back.

        The official SDK 6.0.0 has `reaction_key` as its one positional argument; by keyword both
        orders are the same.

        Args:
            message_id: The message's ID.
            chat_id: The chat it is in.
            reaction_key: The reaction to take back; not empty.

        Returns:
            What was queued; `success` does not mean delivered.

        Raises:
            NotFoundError: There is no such message or reaction.
            APIError: Any other failure of the call.

        Endpoint: DELETE /v1/chats/{chatID}/messages/{messageID}/reactions/{reactionKey} (before
        app 4.2.808 the key is a query parameter)
        """
        return self._call(
            self._async.delete,
            message_id,
            chat_id=chat_id,
            reaction_key=reaction_key,
        )


class ChatMessagesResource(SyncResource[AsyncChatMessagesResource]):
    """Manage messages of chats."""

    @cached_property
    def reactions(self) -> "ReactionsResource":
        """Reactions to messages."""
        return ReactionsResource(self._client, self._async.reactions)
