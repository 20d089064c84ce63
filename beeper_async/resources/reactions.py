"""Reactions to messages."""

from uuid import uuid4

from ..models.reaction import ReactionAddResponse, ReactionDeleteResponse
from ..omit import Omit, omit
from ..parameters import not_empty
from ..request import Repeat, Request, json_body, path_of
from ..versions import REACTIONS_DELETE
from .base import AsyncResource


class AsyncReactionsResource(AsyncResource):
    """Manage reactions to messages."""

    async def add(
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
        body = json_body(
            reaction_key=not_empty("reaction_key", reaction_key),
            transaction_id=transaction_id or uuid4().hex,
        )
        path = path_of("/v1/chats/{}/messages/{}/reactions", chat_id, message_id)
        name = "chats.messages.reactions.add"
        return await self._send(
            Request(name, "POST", path, ReactionAddResponse, body, Repeat.REPEATABLE)
        )

    async def delete(
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
        return await self._send_changed(REACTIONS_DELETE, chat_id, message_id, reaction_key)
