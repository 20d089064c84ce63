"""Messages: list, search, send, edit, delete."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from .._http.query import json_body, path_of, segment, with_query
from .._http.request import Idempotency, Request, removal
from .._http.uploads import FileInput, Multipart, file_source
from .._omit import Omit, omit
from .._paging.listing import TimeFilter
from .._paging.page import AsyncCursorNoLimit, AsyncMessageSearchPage
from .._paging.paginator import AsyncPaginator
from .._validation import (
    check_any_given,
    check_bool,
    check_choice,
    check_choices,
    check_moment,
    check_not_empty,
    check_optional_input,
    check_range,
    check_seconds,
    check_text_list,
    check_time,
)
from ..errors import APIConnectionError, InvalidInputError, PaginationError
from ..models.inputs import AttachmentInput
from ..models.message import Message, MessageSendResponse, MessageUpdateResponse
from ..models.page import CursorPage
from ..models.search import SearchMessagesResult
from .asset_calls import upload_request
from .base import AsyncResource, Caller
from .delivery import DeliveryNotifier, Sent, SentSearch, deadlines, wait_until_delivered
from .sent_records import SentRecords
from .sent_text import words_sent, words_shown


class AsyncMessagesResource(AsyncResource):
    """Manage messages."""

    def __init__(self, caller: Caller, delivery: DeliveryNotifier, records: SentRecords) -> None:
        super().__init__(caller)
        self._delivery = delivery
        self._records = records

    async def retrieve(self, message_id: str, *, chat_id: str) -> Message:
        """Get one message.

        Args:
            message_id: The message's ID, the pending ID that `send` gave, or a Matrix event ID.
            chat_id: The chat it is in.

        Returns:
            The message.

        Raises:
            NotFoundError: There is no such message, or the app is older than 4.2.808.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/chats/{chatID}/messages/{messageID}
        """
        path = path_of(
            "/v1/chats/{chat_id}/messages/{message_id}", chat_id=chat_id, message_id=message_id
        )
        message = await self._send(Request("messages.retrieve", "GET", path, Message))
        self._records.found(message_id, message)
        return message

    async def update(self, message_id: str, *, chat_id: str, text: str) -> MessageUpdateResponse:
        """Edit an own text message.

        Args:
            message_id: The message's ID.
            chat_id: The chat it is in.
            text: The new text; not empty. The app refuses to edit messages with attachments.

        Returns:
            The edited message. Apps before 4.2.808 tell its IDs and nothing else.

        Raises:
            InvalidInputError: The text is empty; nothing was sent.
            NotFoundError: There is no such message.
            APIError: Any other failure of the call.

        Endpoint: PUT /v1/chats/{chatID}/messages/{messageID}
        """
        path = path_of(
            "/v1/chats/{chat_id}/messages/{message_id}", chat_id=chat_id, message_id=message_id
        )
        body = json_body(text=check_not_empty("text", text))
        with self._records.acting("edit", message_id, *words_sent(text or "")):
            edited = await self._send(
                Request(
                    *("messages.update", "PUT", path),
                    MessageUpdateResponse,
                    body,
                    Idempotency.IDEMPOTENT,
                )
            )
            # An old app does not say how the text is now; then the next edit is this one.
            shown = [""] if edited.text is None else words_shown(edited.text)
            self._records.done("edit", edited.message_id, *shown)
        return edited

    def list(
        self,
        chat_id: str,
        *,
        cursor: str | None | Omit = omit,
        direction: Literal["after", "before"] | Omit = omit,
    ) -> AsyncPaginator[Message, AsyncCursorNoLimit[Message]]:
        """List the messages of a chat, newest first.

        Args:
            chat_id: The chat's ID.
            cursor: Where to start: `oldest_cursor` or `newest_cursor` of an earlier page.
            direction: From the cursor on, `before` goes to older messages (the app's default),
                `after` to newer ones.

        Returns:
            A paginator: await it for one page, iterate over it for all messages. The app chooses
            how many make a page.

        Raises:
            NotFoundError: There is no such chat.
            PaginationError: The app's pages lead in circles.
            APIError: Any other failure of a call.

        Endpoint: GET /v1/chats/{chatID}/messages
        """
        path = path_of("/v1/chats/{chat_id}/messages", chat_id=chat_id)
        request = Request("messages.list", "GET", path, CursorPage[Message])
        query = {
            "cursor": cursor,
            "direction": check_choice("direction", direction, "after", "before"),
        }
        # Apps before 4.2.808 send no cursors with messages; the sort key serves as one.
        return self._pages(AsyncCursorNoLimit[Message], request, query, "sortKey")

    def search(
        self,
        *,
        account_ids: Iterable[str] | Omit = omit,
        chat_ids: Iterable[str] | Omit = omit,
        chat_type: Literal["group", "single"] | Omit = omit,
        cursor: str | None | Omit = omit,
        date_after: datetime | str | Omit = omit,
        date_before: datetime | str | Omit = omit,
        direction: Literal["after", "before"] | Omit = omit,
        exclude_low_priority: bool | None | Omit = omit,
        include_muted: bool | None | Omit = omit,
        limit: int | Omit = omit,
        media_types: Iterable[Literal["any", "video", "image", "link", "file"]] | Omit = omit,
        query: str | Omit = omit,
        sender: str | Omit = omit,
    ) -> AsyncPaginator[Message, AsyncMessageSearchPage[Message]]:
        """Find messages by words, people, chats, times or media.

        Args:
            account_ids: Only messages of these accounts.
            chat_ids: Only messages of these chats; IDs local to this installation are fine too.
            chat_type: Only messages of this kind of chat.
            cursor: Where to start: `oldest_cursor` or `newest_cursor` of an earlier page.
            date_after: Only messages sent after this time, which needs a time zone.
            date_before: Only messages sent before this time, which needs a time zone.
            direction: From the cursor on, `before` goes to older messages (the app's default),
                `after` to newer ones.
            exclude_low_priority: False includes low-priority chats; the app's default is True.
            include_muted: False leaves muted chats out; the app's default is True.
            limit: Messages per page, 1 to 20, not in all; the app's default is 20.
            media_types: Only messages with one of these; `any` is every kind of media.
            query: Words that must all be found, in any order.
            sender: `me`, `others`, or the ID of a user.

        Returns:
            A paginator: await it for one page, iterate over it for all messages found. Pages have
            a `chats` map of the chats that their messages are in.

        Raises:
            InvalidInputError: A parameter can't be right; nothing was sent.
            PaginationError: The app's pages lead in circles.
            APIError: Any other failure of a call.

        Endpoint: GET /v1/messages/search
        """
        request = Request("messages.search", "GET", "/v1/messages/search", SearchMessagesResult)
        media = ("any", "video", "image", "link", "file")
        parameters = {
            "account_ids": check_text_list("account_ids", account_ids),
            "chat_ids": check_text_list("chat_ids", chat_ids),
            "chat_type": check_choice("chat_type", chat_type, "group", "single"),
            "cursor": cursor,
            "date_after": check_time("date_after", date_after),
            "date_before": check_time("date_before", date_before),
            "direction": check_choice("direction", direction, "after", "before"),
            "exclude_low_priority": check_bool("exclude_low_priority", exclude_low_priority),
            "include_muted": check_bool("include_muted", include_muted),
            "limit": check_range("limit", limit, 1, 20),
            "media_types": check_choices("media_types", media_types, *media),
            "query": query,
            "sender": sender,
        }
        time_filter = TimeFilter("date_after", "date_before", "timestamp")
        return self._pages(
            AsyncMessageSearchPage[Message], request, parameters, time_filter=time_filter
        )

    async def send(
        self,
        chat_id: str,
        *,
        attachment: AttachmentInput | Mapping[str, Any] | Omit = omit,
        file: FileInput | Omit = omit,
        reply_to_message_id: str | Omit = omit,
        text: str | Omit = omit,
    ) -> MessageSendResponse:
        """Send a message to a chat.

        Returns as soon as the app has queued the message. To wait until the network has accepted
        it, use `send_and_wait`.

        This call is not idempotent. It is retried only if the request provably never reached the
        app, or if the app answered 429. The upload of a `file` is retried as in `assets.upload`; if
        it fails, no message is sent.

        Args:
            chat_id: ID of the chat. For a merged chat, the app chooses the member chat.
            attachment: A file to attach, identified by the `upload_id` from `assets.upload`. Other
                fields override what was detected at upload.
            file: A file to upload and attach in the same call, as for `assets.upload`. Not
                together with `attachment`.
            reply_to_message_id: ID of the message to reply to.
            text: Plain text or Markdown. Required unless `attachment` or `file` is given.

        Returns:
            The pending message ID, and the ID of the chat that the message went to. Pass both to
            `messages.retrieve` to read its `send_status`.

        Raises:
            InvalidInputError: None of `text`, `attachment` and `file` was given, or both of the
                last two, or there is no such file. No request is made.
            AssetError: The app did not take the file. No message was sent.
            FileChangedError: The file changed while it was uploaded. No message was sent.
            APIConnectionError: The app could not be reached. If `never_sent` is true, also because
                the upload of the file failed, no message was sent.
            NotFoundError: The chat does not exist.
            OutcomeUnknownError: The app may or may not have sent the message. Check with
                `find_sent` before you send it again. `sent` has the body, with the `uploadID` of
                a file.
            APIError: The call failed for another reason.

        Example:
            chats = await client.chats.search(query="tomas")
            sent = await client.messages.send(chats.items[0].id, text="See you at **seven**")
            print(sent.pending_message_id)

        Endpoint: POST /v1/chats/{chatID}/messages
        """
        path = path_of("/v1/chats/{chat_id}/messages", chat_id=chat_id)
        check_any_given(text=text, attachment=attachment, file=not isinstance(file, Omit))
        body = json_body(
            attachment=check_optional_input(AttachmentInput, "attachment", attachment),
            reply_to_message_id=reply_to_message_id,
            text=text,
        )
        if not isinstance(file, Omit):
            if not isinstance(attachment, Omit):
                raise InvalidInputError("A message carries one file: attachment or file, not both.")
            multipart = Multipart({}, file_source(file))
            body |= json_body(attachment=await self._upload(multipart))
        request = Request(
            "messages.send", "POST", path, MessageSendResponse, body, Idempotency.UNSAFE
        )
        with self._records.sending(chat_id, text, has_file="attachment" in body) as sending:
            sent = await self._send(request)
            self._records.answered(sending, sent.chat_id, sent.pending_message_id)
        return sent

    async def _upload(self, multipart: Multipart) -> AttachmentInput:
        try:
            upload = await self._send(upload_request(multipart))
        except APIConnectionError as error:
            error.never_sent = True  # a file that was uploaded and that nobody sends does no harm
            error.add_note("The upload of its file failed, so the message was never sent.")
            raise
        return AttachmentInput(upload_id=upload.upload_id or "")

    async def send_and_wait(
        self,
        chat_id: str,
        *,
        attachment: AttachmentInput | Mapping[str, Any] | Omit = omit,
        file: FileInput | Omit = omit,
        reply_to_message_id: str | Omit = omit,
        text: str | Omit = omit,
        timeout: float | None = 60.0,
    ) -> Message:
        """Send a message and wait until the network has taken it.

        The call as a whole takes `timeout` and at most a second more, whatever the timeout of the
        client is, and however long the upload of a `file` would take.

        Args:
            chat_id: The chat's ID.
            attachment: As for `send`.
            file: As for `send`.
            reply_to_message_id: As for `send`.
            text: As for `send`.
            timeout: Seconds to wait, 0 or more, from the call on; sending is part of it. None
                waits as long as it takes, and sends with the client's timeout.

        Returns:
            The message with its final ID.

        Raises:
            DeliveryFailedError: The network refused it; `reason` says why.
            DeliveryTimeoutError: It was neither taken nor refused in time. It may still arrive.
            DeliveryUnknownError: It was sent, but the token may not read it (401 or 403).
            OutcomeUnknownError: The app may or may not have sent the message. Check with
                `find_sent` before you send it again.
            APITimeoutError: The file could not be uploaded in time. No message was sent.
            APIError: As from `send`.

        Endpoint: POST /v1/chats/{chatID}/messages, GET /v1/chats/{chatID}/messages/{messageID}
        """
        segment("chat_id", chat_id)
        check_seconds("timeout", timeout)
        deadline, end = deadlines(timeout)
        within = AsyncMessagesResource(self._caller.until(end), self._delivery, self._records)
        sent = await within.send(
            chat_id,
            attachment=attachment,
            file=file,
            reply_to_message_id=reply_to_message_id,
            text=text,
        )
        pending = sent.pending_message_id

        async def look() -> Message:
            return await within.retrieve(pending, chat_id=sent.chat_id)

        with self._delivery.pause_until_news(sent.chat_id) as pause:
            return await wait_until_delivered(look, pending, deadline=deadline, pause=pause)

    async def find_sent(
        self,
        chat_id: str,
        *,
        since: datetime,
        text: str | Omit = omit,
        reply_to_message_id: str | Omit = omit,
    ) -> Message | None:
        """Look for a message that may have been sent, after an `OutcomeUnknownError`.

        If this finds it, it was sent; its `send_status` says what the network made of it. If not,
        it was not found yet: a request that is under way, or waits in a busy app, can still
        arrive. So look again for a minute before you decide. A longer wait makes a late delivery
        unlikely, not impossible: a suspended app takes it when it wakes up.

        The search goes back past `since` by at least 20 messages, an own one among them, because a
        late message can stand above newer ones; without an own one by 200.

        None means that all messages in that stretch were compared. If one of them can't be read and
        may be the one that was sent, this raises an error instead.

        Args:
            chat_id: The chat it was sent to.
            since: When it was sent, with a time zone: `sent_at` of the error. Older messages are
                not taken for it; two seconds are allowed for clocks that differ.
            text: The text it had, as it was sent. It is compared without markup and white space.
                Left out, any own message that new is taken for it.
            reply_to_message_id: The message it replied to.

        Returns:
            The newest own message that fits, or None if there is none yet.

        Raises:
            InvalidInputError: `since` is no datetime with a time zone; nothing was sent.
            NotFoundError: There is no such chat.
            PaginationError: The history can't be read as far back as needed, or a message in it
                can't be read and may be the one that was sent. It may exist.
            APIError: Any other failure of a call.

        Endpoint: GET /v1/chats/{chatID}/messages
        """
        listing = self.list(chat_id)
        check_moment("since", since)
        search = SentSearch(Sent(since, text or None, reply_to_message_id or None))
        async for page in listing.iter_pages():
            found = search.find_in(page)
            if found is not None:
                return found
            if search.is_over:
                break
        if search.unclear:
            raise PaginationError(
                f"messages.find_sent: {search.unclear} of the messages can't be read and may be "
                "the one that was sent. Look for it in the app before you send it again."
            )
        return None

    async def delete(
        self, message_id: str, *, chat_id: str, for_everyone: bool | None | Omit = omit
    ) -> None:
        """Delete a message, for yourself alone unless `for_everyone=True` is said.

        The app itself, and with it the official SDK, deletes for everyone when nothing is said.
        That can't be taken back, so here it has to be asked for.

        Args:
            message_id: The message's final ID; the app refuses pending ones.
            chat_id: The chat it is in.
            for_everyone: True deletes for all participants, where the network allows it. False,
                None or left out deletes for this account only.

        Raises:
            NotFoundError: There is no such message, or the app is older than 4.2.808.
            APIError: Any other failure of the call.

        Endpoint: DELETE /v1/chats/{chatID}/messages/{messageID}
        """
        path = path_of(
            "/v1/chats/{chat_id}/messages/{message_id}", chat_id=chat_id, message_id=message_id
        )
        check_bool("for_everyone", for_everyone)
        path = with_query(path, {"for_everyone": bool(for_everyone)})
        with self._records.acting("delete", message_id):
            return await self._send(removal("messages.delete", path, type(None), gone=None))
