"""Reactions to messages."""

from functools import cached_property
from uuid import uuid4

from .._http.query import json_body, path_of, segment
from .._http.request import Idempotency, Request
from .._omit import Omit, omit
from .._validation import check_not_empty
from ..models.reaction import ReactionAddResponse, ReactionDeleteResponse
from .base import AsyncResource, Caller
from .compat import REACTIONS_DELETE
from .sent_records import SentRecords, plain_key


class AsyncReactionsResource(AsyncResource):
    """Manage reactions to messages."""

    def __init__(self, caller: Caller, records: SentRecords) -> None:
        super().__init__(caller)
        self._records = records

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
        path = path_of(
            "/v1/chats/{chat_id}/messages/{message_id}/reactions",
            chat_id=chat_id,
            message_id=message_id,
        )
        body = json_body(
            reaction_key=check_not_empty("reaction_key", reaction_key),
            transaction_id=transaction_id or uuid4().hex,
        )
        name = "chats.messages.reactions.add"
        with self._records.acting("react", message_id, plain_key(reaction_key or "")):
            added = await self._send(
                Request(name, "POST", path, ReactionAddResponse, body, Idempotency.IDEMPOTENT)
            )
            self._records.done("react", added.message_id, plain_key(added.reaction_key))
        return added

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
        for name, value in (("message_id", message_id), ("reaction_key", reaction_key)):
            segment(name, value)
        with self._records.acting("unreact", message_id, plain_key(reaction_key)):
            gone = await self._send_changed(REACTIONS_DELETE, chat_id, message_id, reaction_key)
            self._records.done("unreact", gone.message_id, plain_key(gone.reaction_key))
        return gone


class AsyncChatMessagesResource(AsyncResource):
    """Manage messages of chats."""

    def __init__(self, caller: Caller, records: SentRecords) -> None:
        super().__init__(caller)
        self._records = records

    @cached_property
    def reactions(self) -> "AsyncReactionsResource":
        """Reactions to messages."""
        return AsyncReactionsResource(self._caller, self._records)
