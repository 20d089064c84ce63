# Generated from beeper_async/resources/sent_log.py by `python -m beeper_sync._generate`.
"""What this client has sent, told apart from what the user does on other devices."""

from beeper_async.models.message import Message
from beeper_async.models.reaction import Reaction
from beeper_async.resources.sent_log import AsyncSentLogResource
from beeper_async.resources.sent_records import SentRecords

from ..base import SyncResource


class SentLogResource(SyncResource[AsyncSentLogResource]):
    """Recognise what this client has sent and done.

    For the app, a message that a program sends and one that the user types on a phone are the
    same. This tells them apart, for all that is sent with this client and its views: messages,
    edits, deletions and reactions. Another client of the same account counts as another device.

    It knows the last 10,000 IDs, and looks 10 minutes for a message whose ID it does not know yet.
    """

    @property
    def records(self) -> SentRecords:
        """What it knows. Bots keep it for their next run."""
        return self._async.records

    def is_ours(self, message: Message, *, previous_id: str | None = None) -> bool:
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
            chats = client.chats.search(query="tomas")
            sent = client.messages.send_and_wait(chats.items[0].id, text="On my way")
            print(client.sent_log.is_ours(sent))  # True

        Endpoint: GET /v1/chats/{chatID}/messages/{messageID}
        """
        return self._call(
            self._async.is_ours,
            message,
            previous_id=previous_id,
        )

    def is_our_edit(self, message: Message) -> bool:
        """Return whether this client has edited a message, so that it is as it is now.

        Args:
            message: The message after the edit.

        Returns:
            True if this client did it.

        Example:
            chats = client.chats.search(query="tomas")
            sent = client.messages.send_and_wait(chats.items[0].id, text="On my way")
            client.messages.update(sent.id, chat_id=sent.chat_id, text="Nearly there")
            edited = client.messages.retrieve(sent.id, chat_id=sent.chat_id)
            print(client.sent_log.is_our_edit(edited))  # True
        """
        return self._call(self._async.is_our_edit, message)

    def is_our_deletion(self, message_id: str) -> bool:
        """Return whether this client has deleted a message.

        Args:
            message_id: The ID of the message that is gone.

        Returns:
            True if this client did it.

        Example:
            chats = client.chats.search(query="tomas")
            sent = client.messages.send_and_wait(chats.items[0].id, text="On my way")
            client.messages.delete(sent.id, chat_id=sent.chat_id)
            print(client.sent_log.is_our_deletion(sent.id))  # True
        """
        return self._call(self._async.is_our_deletion, message_id)

    def is_our_reaction(
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
            chats = client.chats.search(query="tomas")
            sent = client.messages.send_and_wait(chats.items[0].id, text="On my way")
            client.chats.messages.reactions.add(
                sent.id, chat_id=sent.chat_id, reaction_key="👍"
            )
            seen = client.messages.retrieve(sent.id, chat_id=sent.chat_id)
            for reaction in seen.reactions or ():
                print(client.sent_log.is_our_reaction(seen.id, reaction))  # True
        """
        return self._call(
            self._async.is_our_reaction,
            message_id,
            reaction,
            removed=removed,
        )
