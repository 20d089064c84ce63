"""Chats: read, search, create, change, archive."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

from .._http.query import json_body, path_of, with_query
from .._http.request import Idempotency, Request
from .._omit import Omit, omit
from .._paging.listing import TimeFilter
from .._paging.page import AsyncCursorNoLimit, AsyncCursorSearch
from .._paging.paginator import AsyncPaginator
from .._validation import (
    check_bool,
    check_choice,
    check_input,
    check_not_empty,
    check_optional_input,
    check_range,
    check_text_list,
    check_time,
)
from ..errors import APIStatusError, BadRequestError, UnprocessableEntityError
from ..models.chat import Chat, ChatCreateResponse, ChatListResponse
from ..models.inputs import DraftInput, StartChatUserInput
from ..models.page import CursorPage
from .base import AsyncResource, Caller
from .compat import CHATS_START
from .resolving import ChatSearch, checked
from .sent_records import Sending, SentRecords

if TYPE_CHECKING:
    from .reactions import AsyncChatMessagesResource
    from .reminders import AsyncRemindersResource

_NO_SUCH_CALL: Final = (404, 405, 501)


class AsyncChatsResource(AsyncResource):
    """Manage chats."""

    def __init__(self, caller: Caller, records: SentRecords) -> None:
        super().__init__(caller)
        self._records = records

    @cached_property
    def reminders(self) -> "AsyncRemindersResource":
        """Reminders of chats."""
        from .reminders import AsyncRemindersResource

        return AsyncRemindersResource(self._caller)

    @cached_property
    def messages(self) -> "AsyncChatMessagesResource":
        """Messages of chats: their reactions."""
        from .reactions import AsyncChatMessagesResource

        return AsyncChatMessagesResource(self._caller, self._records)

    async def retrieve(
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
        path = path_of("/v1/chats/{chat_id}", chat_id=chat_id)
        most = check_range("max_participant_count", max_participant_count, -1, 500)
        path = with_query(path, {"max_participant_count": most})
        return await self._send(Request("chats.retrieve", "GET", path, Chat))

    async def create(
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
        body = json_body(
            account_id=account_id,
            participant_ids=check_not_empty(
                "participant_ids", check_text_list("participant_ids", participant_ids)
            ),
            type=check_choice("type", type, "single", "group"),
            message_text=message_text,
            title=title,
        )
        request = Request(
            "chats.create", "POST", "/v1/chats", ChatCreateResponse, body, Idempotency.UNSAFE
        )
        with self._noting(message_text) as sending:
            created = await self._send(request)
            self._records.answered(sending, created.chat_id)
        return created

    def _noting(self, message_text: str | Omit) -> AbstractContextManager[Sending | None]:
        """Note the first message of a chat, if there is one."""
        return nullcontext() if not message_text else self._records.sending(None, message_text)

    async def start(
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
        person = check_input(StartChatUserInput, "user", user)
        may_invite = check_bool("allow_invite", allow_invite)
        with self._noting(message_text) as sending:
            started = await self._send_changed(
                CHATS_START, account_id, person, may_invite, message_text
            )
            self._records.answered(sending, started.chat_id)
        return started

    async def update(
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
        path = path_of("/v1/chats/{chat_id}", chat_id=chat_id)
        body = json_body(
            description=description,
            draft=check_optional_input(DraftInput, "draft", draft),
            img_url=img_url,
            is_archived=check_bool("is_archived", is_archived),
            is_low_priority=check_bool("is_low_priority", is_low_priority),
            is_muted=check_bool("is_muted", is_muted),
            is_pinned=check_bool("is_pinned", is_pinned),
            message_expiry_seconds=check_range("message_expiry_seconds", message_expiry_seconds, 0),
            title=title,
        )
        return await self._send(
            Request("chats.update", "PATCH", path, Chat, body, Idempotency.IDEMPOTENT)
        )

    def list(
        self,
        *,
        account_ids: Iterable[str] | Omit = omit,
        cursor: str | None | Omit = omit,
        direction: Literal["after", "before"] | Omit = omit,
        limit: int | Omit = omit,
    ) -> AsyncPaginator[ChatListResponse, AsyncCursorNoLimit[ChatListResponse]]:
        """List the chats of all accounts, newest activity first.

        Args:
            account_ids: Only chats of these accounts.
            cursor: Where to start: `oldest_cursor` or `newest_cursor` of an earlier page.
            direction: From the cursor on, `before` goes to older chats (the app's default),
                `after` to newer ones.
            limit: Chats per page, 1 to 200, not in all. The app's default is 25; apps before
                SDK 6.0.0's always send 25.

        Returns:
            A paginator: await it for one page, iterate over it for all chats. Chats carry a
            `preview`, their last message.

        Raises:
            InvalidInputError: A parameter is out of its limits; nothing was sent.
            PaginationError: The app's pages lead in circles.
            APIError: Any other failure of a call.

        Endpoint: GET /v1/chats
        """
        request = Request("chats.list", "GET", "/v1/chats", CursorPage[ChatListResponse])
        query = {
            "account_ids": check_text_list("account_ids", account_ids),
            "cursor": cursor,
            "direction": check_choice("direction", direction, "after", "before"),
            "limit": check_range("limit", limit, 1, 200),
        }
        return self._pages(AsyncCursorNoLimit[ChatListResponse], request, query)

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
    ) -> AsyncPaginator[Chat, AsyncCursorSearch[Chat]]:
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
            A paginator: await it for one page, iterate over it for all chats found.

        Raises:
            InvalidInputError: A parameter can't be right; nothing was sent.
            PaginationError: The app's pages lead in circles.
            APIError: Any other failure of a call.

        Endpoint: GET /v1/chats/search
        """
        request = Request("chats.search", "GET", "/v1/chats/search", CursorPage[Chat])
        parameters = {
            "account_ids": check_text_list("account_ids", account_ids),
            "cursor": cursor,
            "direction": check_choice("direction", direction, "after", "before"),
            "inbox": check_choice("inbox", inbox, "primary", "low-priority", "archive"),
            "include_muted": check_bool("include_muted", include_muted),
            "label_id": label_id,
            "last_activity_after": check_time("last_activity_after", last_activity_after),
            "last_activity_before": check_time("last_activity_before", last_activity_before),
            "limit": check_range("limit", limit, 1, 200),
            "query": check_not_empty("query", query),
            "scope": check_choice("scope", scope, "titles", "participants"),
            "type": check_choice("type", type, "single", "group", "any"),
            "unread_only": check_bool("unread_only", unread_only),
        }
        time_filter = TimeFilter("last_activity_after", "last_activity_before", "lastActivity")
        return self._pages(AsyncCursorSearch[Chat], request, parameters, time_filter=time_filter)

    async def resolve(
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
            chat = await client.chats.resolve("mum")
            print(chat.title)  # Mum 🌻

        Endpoint: GET /v1/chats/{chatID}, GET /v1/chats
        """
        wanted, scope = checked(query, account_ids, network, exact)
        return await ChatSearch(self, wanted, scope).run()

    async def archive(self, chat_id: str, *, archived: bool | Omit = omit) -> None:
        """Archive a chat, or bring it back.

        Args:
            chat_id: The chat's ID.
            archived: False brings it back; the app's default is True.

        Raises:
            NotFoundError: There is no such chat.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/chats/{chatID}/archive
        """
        path = path_of("/v1/chats/{chat_id}/archive", chat_id=chat_id)
        body = json_body(archived=check_bool("archived", archived))
        return await self._send(
            Request("chats.archive", "POST", path, type(None), body, Idempotency.IDEMPOTENT)
        )

    async def mark_read(self, chat_id: str, *, message_id: str | Omit = omit) -> Chat:
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
        path = path_of("/v1/chats/{chat_id}/read", chat_id=chat_id)
        body = json_body(message_id=message_id)
        return await self._send(
            Request("chats.mark_read", "POST", path, Chat, body, Idempotency.IDEMPOTENT)
        )

    async def mark_unread(self, chat_id: str, *, message_id: str | Omit = omit) -> Chat:
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
        path = path_of("/v1/chats/{chat_id}/unread", chat_id=chat_id)
        body = json_body(message_id=message_id)
        return await self._send(
            Request("chats.mark_unread", "POST", path, Chat, body, Idempotency.IDEMPOTENT)
        )

    async def typing(self, chat_id: str, *, is_typing: bool = True) -> bool:
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
            chat = await client.chats.list()
            if await client.chats.typing(chat.items[0].id):
                print("shown as typing")

        Endpoint: POST /v1/chats/{chatID}/typing
        """
        path = path_of("/v1/chats/{chat_id}/typing", chat_id=chat_id)
        state = "typing" if check_bool("is_typing", is_typing) else "paused"
        for body in ({"isTyping": is_typing}, {"state": state}):
            kind = Idempotency.IDEMPOTENT
            try:
                await self._send(Request("chats.typing", "POST", path, bytes, body, kind))
            except (BadRequestError, UnprocessableEntityError):
                continue
            except APIStatusError as error:
                if error.status_code not in _NO_SUCH_CALL:
                    raise
                return False
            return True
        return False

    async def notify_anyway(self, chat_id: str) -> Chat:
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
        path = path_of("/v1/chats/{chat_id}/notify-anyway", chat_id=chat_id)
        return await self._send(
            Request("chats.notify_anyway", "POST", path, Chat, {}, Idempotency.UNSAFE)
        )
