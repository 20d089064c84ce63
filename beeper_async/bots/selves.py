"""Which of the events are the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..events.kinds import Event, MessageUpserted, ReactionAdded, ReactionRemoved
from .about import message_of

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop


class Selves:
    """The IDs that the user has, one or more for each account.

    Messages say whether they are the user's own. Reactions don't, so the first one of an account
    makes us ask for the IDs.
    """

    def __init__(self, client: AsyncBeeperDesktop) -> None:
        self._client = client
        self._ids: set[str] = set()
        self._accounts: set[str] = set()

    async def prepare(self, event: Event) -> None:
        """Learn what `is_own` needs to know of an event, as often as it takes.

        Raises:
            APIError: The app could not be asked, and not for a passing reason.
        """
        if isinstance(event, MessageUpserted) and event.message.is_sender:
            self._ids.add(event.message.sender_id)
        if not isinstance(event, ReactionAdded | ReactionRemoved):
            return
        account_id = event.message.account_id
        if account_id not in self._accounts:
            await self._ask(account_id)

    async def _ask(self, account_id: str) -> None:
        accounts = await self._client.accounts.list()
        self._ids.update(account.user.id for account in accounts)
        self._accounts.update(account.account_id for account in accounts)
        self._accounts.add(account_id)  # even if it isn't listed: asking again is no use

    def is_own(self, event: Event) -> bool:
        """Tell whether the user did it, with this client or any other."""
        if isinstance(event, ReactionAdded | ReactionRemoved):
            return event.reaction.participant_id in self._ids
        message = message_of(event)
        return message is not None and bool(message.is_sender)
