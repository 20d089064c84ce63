# Generated from beeper_async/resources/chats.py by `python -m beeper_sync._generate`.
"""Chats: read, search, create, change, archive."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from beeper_async._omit import Omit, omit
from beeper_async.models.chat import Chat, ChatCreateResponse, ChatListResponse
from beeper_async.models.inputs import DraftInput, StartChatUserInput
from beeper_async.resources.chats import AsyncChatsResource

from ..base import SyncResource
from ..paging import SyncCursorNoLimit, SyncCursorSearch

if TYPE_CHECKING:
    from .reactions import ChatMessagesResource
    from .reminders import RemindersResource


class ChatsResource(SyncResource[AsyncChatsResource]):
    """Manage chats."""

    @cached_property
    def reminders(self) -> "RemindersResource":
        """Reminders of chats."""
        from .reminders import RemindersResource

        return RemindersResource(self._client, self._async.reminders)

    @cached_property
    def messages(self) -> "ChatMessagesResource":
        """Messages of chats: their reactions."""
        from .reactions import ChatMessagesResource

        return ChatMessagesResource(self._client, self._async.messages)

    def retrieve(
        self, chat_id: str, *, max_participant_count: int | None | Omit = omit
    ) -> Chat:
        """Get one chat.

        Args:
            chat_id: The chat's ID, or its ID local to this installation.
            max_participant_count: How many participants to include, 0 to 500; -1 for everyone.
                Left out, the app includes 100 (before 4.2.808: everyone).

        Returns:
            The chat. It has no preview; listings have.

        Raises:
            InvalidInputError: A parameter is out of its limits; nothing was sent.
            NotFoundError: There is no such chat.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/chats/{chatID}
        """
        return self._call(
            self._async.retrieve,
            chat_id,
            max_participant_count=max_participant_count,
        )

    def create(
        self,
        *,
        account_id: str,
        participant_ids: Iterable[str],
        type: Literal["single", "group"],
        message_text: str | Omit = omit,
        title: str | Omit = omit,
    ) -> ChatCreateResponse:
        """Create a chat from user IDs. See `start` for a direct chat from a phone number or name.

        It is sent once: a second delivery could make a second chat, so only a request that
        certainly never reached the app is repeated.

        Args:
            account_id: The account to use.
            participant_ids: User IDs, at least one; exactly one for a `single` chat.
            type: `single` or `group`.
            message_text: First message, for networks that need one.
            title: Title of a group.

        Returns:
            The new chat. Apps before 4.2.808 tell its `chat_id` and nothing else.

        Raises:
            InvalidInputError: A parameter can't be right; nothing was sent.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/chats
        """
        return self._call(
            self._async.create,
            account_id=account_id,
            participant_ids=participant_ids,
            type=type,
            message_text=message_text,
            title=title,
        )

    def start(
        self,
        *,
        account_id: str,
        user: StartChatUserInput | Mapping[str, Any],
        allow_invite: bool | Omit = omit,
        message_text: str | Omit = omit,
    ) -> ChatCreateResponse:
        """Open the direct chat with a person, or make it if there is none.

        With `message_text` it is sent once, for the message could arrive twice; without, it is
        repeated like a read.

        Args:
            account_id: The account to use.
            user: What is known of the person: `id`, `email`, `phone_number`, `username`,
                `full_name`. The app picks the best of it.
            allow_invite: False refuses to make the chat by an invitation; the app's default
                is True.
            message_text: First message, for networks that need one.

        Returns:
            The chat. Apps before 4.2.808 tell its `chat_id` and `status` and nothing else.

        Raises:
            InvalidInputError: A parameter can't be right; nothing was sent.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/chats/start (before app 4.2.808 POST /v1/chats)
        """
        return self._call(
            self._async.start,
            account_id=account_id,
            user=user,
            allow_invite=allow_invite,
            message_text=message_text,
        )

    def update(
        self,
        chat_id: str,
        *,
        description: str | None | Omit = omit,
        draft: DraftInput | Mapping[str, Any] | None | Omit = omit,
        img_url: str | None | Omit = omit,
        is_archived: bool | Omit = omit,
        is_low_priority: bool | Omit = omit,
        is_muted: bool | Omit = omit,
        is_pinned: bool | Omit = omit,
        message_expiry_seconds: int | None | Omit = omit,
        title: str | None | Omit = omit,
    ) -> Chat:
        """Change a chat. What is left out stays as it is; None clears.

        Args:
            chat_id: The chat's ID.
            description: Topic of a group.
            draft: Unsent text and files. The app refuses a new draft while there is another one;
                clear that first.
            img_url: Path of a picture on the machine that runs the app.
            is_archived: Whether it is archived.
            is_low_priority: Whether it is in the low-priority inbox.
            is_muted: Whether it is muted.
            is_pinned: Whether it is pinned.
            message_expiry_seconds: After how many seconds messages disappear, 0 or more.
            title: Custom title.

        Returns:
            The changed chat.

        Raises:
            InvalidInputError: A parameter can't be right; nothing was sent.
            NotFoundError: There is no such chat, or the app is older than 4.2.808.
            APIError: Any other failure of the call.

        Endpoint: PATCH /v1/chats/{chatID}
        """
        return self._call(
            self._async.update,
            chat_id,
            description=description,
            draft=draft,
            img_url=img_url,
            is_archived=is_archived,
            is_low_priority=is_low_priority,
            is_muted=is_muted,
            is_pinned=is_pinned,
            message_expiry_seconds=message_expiry_seconds,
            title=title,
        )

    def list(
        self,
        *,
        account_ids: Iterable[str] | Omit = omit,
        cursor: str | None | Omit = omit,
        direction: Literal["after", "before"] | Omit = omit,
        limit: int | Omit = omit,
    ) -> SyncCursorNoLimit[ChatListResponse]:
        """List the chats of all accounts, newest activity first.

        Args:
            account_ids: Only chats of these accounts.
            cursor: Where to start: `oldest_cursor` or `newest_cursor` of an earlier page.
            direction: From the cursor on, `before` goes to older chats (the app's default),
                `after` to newer ones.
            limit: Chats per page, 1 to 200, not in all. The app's default is 25; apps before
                SDK 6.0.0's always send 25.

        Returns:
            The first page; iterate over it for all chats. Chats carry a
            `preview`, their last message.

        Raises:
            InvalidInputError: A parameter is out of its limits; nothing was sent.
            PaginationError: The app's pages lead in circles.
            APIError: Any other failure of a call.

        Endpoint: GET /v1/chats
        """
        listing = self._async.list(
            account_ids=account_ids,
            cursor=cursor,
            direction=direction,
            limit=limit,
        )
        return self._page(SyncCursorNoLimit[ChatListResponse], listing)

    def search(
        self,
        *,
        account_ids: Iterable[str] | Omit = omit,
        cursor: str | None | Omit = omit,
        direction: Literal["after", "before"] | Omit = omit,
        inbox: Literal["primary", "low-priority", "archive"] | Omit = omit,
        include_muted: bool | None | Omit = omit,
        label_id: str | Omit = omit,
        last_activity_after: datetime | str | Omit = omit,
        last_activity_before: datetime | str | Omit = omit,
        limit: int | Omit = omit,
        query: str | Omit = omit,
        scope: Literal["titles", "participants"] | Omit = omit,
        type: Literal["single", "group", "any"] | Omit = omit,
        unread_only: bool | None | Omit = omit,
    ) -> SyncCursorSearch[Chat]:
        """Find chats by words, kind, inbox, activity or label.

        Args:
            account_ids: Only chats of these accounts.
            cursor: Where to start: `oldest_cursor` or `newest_cursor` of an earlier page.
            direction: From the cursor on, `before` goes to older chats (the app's default),
                `after` to newer ones.
            inbox: Only this inbox; left out, every inbox.
            include_muted: False leaves muted chats out; the app's default is True.
            label_id: Only chats with this label.
            last_activity_after: Only chats active after this time, which needs a time zone.
            last_activity_before: Only chats active before this time, which needs a time zone.
            limit: Chats per page, 1 to 200, not in all; the app's default is 50.
            query: Words that must all be found, whatever their case; at least one character.
            scope: `titles`, which looks at network names too (the app's default), or
                `participants`.
            type: Only this kind of chat; the app's default is `any`.
            unread_only: True finds only chats with unread messages.

        Returns:
            The first page; iterate over it for all chats found.

        Raises:
            InvalidInputError: A parameter can't be right; nothing was sent.
            PaginationError: The app's pages lead in circles.
            APIError: Any other failure of a call.

        Endpoint: GET /v1/chats/search
        """
        listing = self._async.search(
            account_ids=account_ids,
            cursor=cursor,
            direction=direction,
            inbox=inbox,
            include_muted=include_muted,
            label_id=label_id,
            last_activity_after=last_activity_after,
            last_activity_before=last_activity_before,
            limit=limit,
            query=query,
            scope=scope,
            type=type,
            unread_only=unread_only,
        )
        return self._page(SyncCursorSearch[Chat], listing)

    def resolve(
        self,
        query: str,
        *,
        account_ids: Iterable[str] | Omit = omit,
        network: str | Omit = omit,
        exact: bool = False,
    ) -> Chat:
        """Find the one chat that a text names.

        A chat matches by its ID, its local ID or its title. A direct chat also matches by the name,
        username, phone number, email address or user ID of the other person; a group does not
        match by its people. Two texts match if they are equal after NFC, case folding, and removal
        of trailing emoji and blanks. Phone numbers match if both are the same in E.164, `+` and
        country included. The members of a merged chat count as the merged chat if that matches too.

        A chat's ID takes one request. Otherwise, all chats are listed, because the search of the
        app does not follow these rules. Nothing is cached.

        Args:
            query: The ID, title, name, username, phone number or email address. Not blank.
            account_ids: Only chats of these accounts.
            network: Only chats of this network, such as "WhatsApp". Apps before 4.2.808 don't send
                the network of a chat; use `account_ids` with them.
            exact: True compares texts character for character.

        Returns:
            The chat. It has a `preview` only if it was found in the list.

        Raises:
            AmbiguousChatError: More than one chat matches; `candidates` has them all.
            ChatNotFoundError: No chat matches; `near` has similar ones. To write to somebody for
                the first time, see `accounts.contacts.resolve`.
            InvalidInputError: A parameter is invalid. No request is made.
            PaginationError: The list can't be read to its end, or a chat in it can't be read and
                may match.
            APIError: The call failed for another reason.

        Example:
            chat = client.chats.resolve("mum")
            print(chat.title)  # Mum 🌻

        Endpoint: GET /v1/chats/{chatID}, GET /v1/chats
        """
        return self._call(
            self._async.resolve,
            query,
            account_ids=account_ids,
            network=network,
            exact=exact,
        )

    def archive(self, chat_id: str, *, archived: bool | Omit = omit) -> None:
        """Archive a chat, or bring it back.

        Args:
            chat_id: The chat's ID.
            archived: False brings it back; the app's default is True.

        Raises:
            NotFoundError: There is no such chat.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/chats/{chatID}/archive
        """
        return self._call(self._async.archive, chat_id, archived=archived)

    def mark_read(self, chat_id: str, *, message_id: str | Omit = omit) -> Chat:
        """Mark a chat as read.

        Args:
            chat_id: The chat's ID.
            message_id: Only up to this message.

        Returns:
            The changed chat.

        Raises:
            NotFoundError: There is no such chat, or the app is older than 4.2.808.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/chats/{chatID}/read
        """
        return self._call(
            self._async.mark_read,
            chat_id,
            message_id=message_id,
        )

    def mark_unread(self, chat_id: str, *, message_id: str | Omit = omit) -> Chat:
        """Mark a chat as unread.

        Args:
            chat_id: The chat's ID.
            message_id: From this message on.

        Returns:
            The changed chat.

        Raises:
            NotFoundError: There is no such chat, or the app is older than 4.2.808.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/chats/{chatID}/unread
        """
        return self._call(
            self._async.mark_unread,
            chat_id,
            message_id=message_id,
        )

    def typing(self, chat_id: str, *, is_typing: bool = True) -> bool:
        """Show the other people of a chat that the user is typing, or has stopped.

        The app documents this call nowhere, so any release may drop it. Programs were seen to send
        it in two forms. The second one is sent if the app refuses the first.

        Args:
            chat_id: The chat's ID.
            is_typing: Whether the user is typing. Networks drop the sign after some seconds.

        Returns:
            Whether the app took it. False if the app has no such call, does not accept either
            form, or has no such chat.

        Raises:
            InvalidInputError: A parameter is invalid. No request is made.
            AuthenticationError: The token is not valid.
            PermissionDeniedError: The token may not write.
            APIError: The call failed for another reason.

        Example:
            chat = client.chats.list()
            if client.chats.typing(chat.items[0].id):
                print("shown as typing")

        Endpoint: POST /v1/chats/{chatID}/typing
        """
        return self._call(self._async.typing, chat_id, is_typing=is_typing)

    def notify_anyway(self, chat_id: str) -> Chat:
        """Let a notification through the focus mode of the other person (iMessage on macOS).

        It is sent once, for the other person could be notified twice.

        Args:
            chat_id: The chat's ID.

        Returns:
            The chat.

        Raises:
            NotFoundError: There is no such chat, or the app is older than 4.2.808.
            APIError: Any other failure; networks without the feature answer an error.

        Endpoint: POST /v1/chats/{chatID}/notify-anyway
        """
        return self._call(self._async.notify_anyway, chat_id)
