"""What this client has sent, told apart from what the user does on other devices."""

from .._http.query import path_of
from .._http.request import Request
from ..errors import APIConnectionError, APIError
from ..models.message import Message
from ..models.reaction import Reaction
from .base import AsyncResource, Caller
from .sent_records import Act, Sending, SentRecords, looks_of, plain_key
from .sent_text import words_shown


class AsyncSentLogResource(AsyncResource):
    """Recognise what this client has sent and done.

    For the app, a message that a program sends and one that the user types on a phone are the
    same. This tells them apart, for all that is sent with this client and its views: messages,
    edits, deletions and reactions. Another client of the same account counts as another device.

    It knows the last 10,000 IDs, and looks 10 minutes for a message whose ID it does not know yet.
    """

    def __init__(self, caller: Caller, records: SentRecords) -> None:
        super().__init__(caller)
        self._records = records

    @property
    def records(self) -> SentRecords:
        """What it knows. Bots keep it for their next run."""
        return self._records

    async def is_ours(self, message: Message, *, previous_id: str | None = None) -> bool:
        """Return whether this client has sent a message.

        A message may be seen before the call that sends it returns. Then this waits for the call.

        Args:
            message: A message of the user, e.g. of an event.
            previous_id: An ID that it had before, e.g. that of a `SendStatusChanged`.

        Returns:
            True if this client has sent it; false if somebody else has, or the user on another
            device.

        Raises:
            APIConnectionError: The app can't be asked.

        Example:
            chats = await client.chats.search(query="tomas")
            sent = await client.messages.send_and_wait(chats.items[0].id, text="On my way")
            print(await client.sent_log.is_ours(sent))  # True

        Endpoint: GET /v1/chats/{chatID}/messages/{messageID}
        """
        records = self._records
        if records.has(message.chat_id, message.id):
            return True
        if previous_id is not None and records.has(message.chat_id, previous_id):
            records.found(previous_id, message)
            records.seen(message)
            return True
        for one in records.open_for(message):
            await one.is_over.wait()
            if records.has(message.chat_id, message.id):
                return True
            if records.is_open(one) and await self._is_same(one, message):
                return True
        return False

    async def _is_same(self, one: Sending, message: Message) -> bool:
        """Return whether a message is what was sent."""
        if one.pending_id is not None and one.chat_id is not None:
            if one.chat_id != message.chat_id:
                return False
            try:
                found = await self._retrieve(one.chat_id, one.pending_id)
            except APIConnectionError:
                raise
            except APIError:
                pass  # an old app, or one that has forgotten it
            else:
                self._records.found(one.pending_id, found)
                return found.id == message.id
        if one.looks.isdisjoint(looks_of(message)):
            return False
        self._records.seen(message, one)
        return True

    async def _retrieve(self, chat_id: str, message_id: str) -> Message:
        path = path_of(
            "/v1/chats/{chat_id}/messages/{message_id}", chat_id=chat_id, message_id=message_id
        )
        return await self._send(Request("messages.retrieve", "GET", path, Message))

    async def is_our_edit(self, message: Message) -> bool:
        """Return whether this client has edited a message, so that it is as it is now.

        Args:
            message: The message after the edit.

        Returns:
            True if this client did it.

        Example:
            chats = await client.chats.search(query="tomas")
            sent = await client.messages.send_and_wait(chats.items[0].id, text="On my way")
            await client.messages.update(sent.id, chat_id=sent.chat_id, text="Nearly there")
            edited = await client.messages.retrieve(sent.id, chat_id=sent.chat_id)
            print(await client.sent_log.is_our_edit(edited))  # True
        """
        records = self._records
        words = words_shown(message.text)
        for one in words:
            if await records.has_done("edit", message.id, one):
                records.take("edit", message.id)
                return True
        if not records.take("edit", message.id):
            return False
        records.done("edit", message.id, *words)  # the network has changed the text
        return True

    async def is_our_deletion(self, message_id: str) -> bool:
        """Return whether this client has deleted a message.

        Args:
            message_id: The ID of the message that is gone.

        Returns:
            True if this client did it.

        Example:
            chats = await client.chats.search(query="tomas")
            sent = await client.messages.send_and_wait(chats.items[0].id, text="On my way")
            await client.messages.delete(sent.id, chat_id=sent.chat_id)
            print(await client.sent_log.is_our_deletion(sent.id))  # True
        """
        return await self._records.has_done("delete", message_id)

    async def is_our_reaction(
        self, message_id: str, reaction: Reaction, *, removed: bool = False
    ) -> bool:
        """Return whether this client has reacted to a message, or taken its reaction back.

        Args:
            message_id: The ID of the message.
            reaction: A reaction of the user.
            removed: True if it was taken back.

        Returns:
            True if this client did it.

        Example:
            chats = await client.chats.search(query="tomas")
            sent = await client.messages.send_and_wait(chats.items[0].id, text="On my way")
            await client.chats.messages.reactions.add(
                sent.id, chat_id=sent.chat_id, reaction_key="👍"
            )
            seen = await client.messages.retrieve(sent.id, chat_id=sent.chat_id)
            for reaction in seen.reactions or ():
                print(await client.sent_log.is_our_reaction(seen.id, reaction))  # True
        """
        act: Act = "unreact" if removed else "react"
        return await self._records.has_done(act, message_id, plain_key(reaction.reaction_key))
