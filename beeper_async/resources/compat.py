"""Where the wire form of a call changed between app versions. Nothing else knows of versions.

| call                            | from app | before it                  | since                |
|---------------------------------|----------|----------------------------|----------------------|
| chats.start                     | 4.2.808  | POST /v1/chats, mode=start | POST /v1/chats/start |
| chats.reminders.create          | 4.2.808  | reminder.remindAtMs (ms)   | reminder.remindAt    |
| chats.messages.reactions.delete | 4.2.808  | ?reactionKey=              | last path segment    |

The answer of chats.create and chats.start changed too, from {chatID, status} to a whole chat:
`ChatCreateResponse` holds either.
"""

from collections.abc import Callable
from typing import Any, Final, Generic, ParamSpec, TypeVar

from attrs import frozen

from .._http.query import json_body, path_of, with_query
from .._http.request import Idempotency, Request, removal
from .._http.server_info import AppVersion
from .._omit import Omit
from ..models.chat import ChatCreateResponse
from ..models.inputs import ReminderInput, StartChatUserInput
from ..models.reaction import ReactionDeleteResponse

P = ParamSpec("P")
T = TypeVar("T")


@frozen
class Changed(Generic[P, T]):
    """A call with two wire forms, both taking the same parameters."""

    since: AppVersion
    now: Callable[P, Request[T]]
    before: Callable[P, Request[T]]


def _start(path: str, body: dict[str, Any]) -> Request[ChatCreateResponse]:
    sends = "messageText" in body
    idempotency = Idempotency.UNSAFE if sends else Idempotency.IDEMPOTENT
    return Request(
        "chats.start", "POST", path, ChatCreateResponse, body=body, idempotency=idempotency
    )


def _start_now(
    account_id: str,
    user: StartChatUserInput,
    allow_invite: bool | Omit,
    message_text: str | Omit,
) -> Request[ChatCreateResponse]:
    body = json_body(
        account_id=account_id, user=user, allow_invite=allow_invite, message_text=message_text
    )
    return _start("/v1/chats/start", body)


def _start_before(
    account_id: str,
    user: StartChatUserInput,
    allow_invite: bool | Omit,
    message_text: str | Omit,
) -> Request[ChatCreateResponse]:
    request = _start_now(account_id, user, allow_invite, message_text)
    return _start("/v1/chats", {"mode": "start", **request.body})


def _remind(path: str, reminder: dict[str, Any]) -> Request[None]:
    return Request(
        "chats.reminders.create",
        "POST",
        path,
        type(None),
        body={"reminder": reminder},
        idempotency=Idempotency.IDEMPOTENT,
    )


def _remind_now(path: str, reminder: ReminderInput) -> Request[None]:
    at = {"remindAt": reminder.remind_at.isoformat()}
    return _remind(path, {**reminder.to_dict(), **at})


def _remind_before(path: str, reminder: ReminderInput) -> Request[None]:
    body = reminder.to_dict()
    del body["remindAt"]
    return _remind(path, {"remindAtMs": round(reminder.remind_at.timestamp() * 1000), **body})


def _unreact(
    path: str, chat_id: str, message_id: str, reaction_key: str
) -> Request[ReactionDeleteResponse]:
    gone = ReactionDeleteResponse(
        chat_id=chat_id, message_id=message_id, reaction_key=reaction_key, success=True
    )
    return removal("chats.messages.reactions.delete", path, ReactionDeleteResponse, gone)


def _unreact_now(
    chat_id: str, message_id: str, reaction_key: str
) -> Request[ReactionDeleteResponse]:
    path = path_of(
        "/v1/chats/{chat_id}/messages/{message_id}/reactions/{reaction_key}",
        chat_id=chat_id,
        message_id=message_id,
        reaction_key=reaction_key,
    )
    return _unreact(path, chat_id, message_id, reaction_key)


def _unreact_before(
    chat_id: str, message_id: str, reaction_key: str
) -> Request[ReactionDeleteResponse]:
    path = path_of(
        "/v1/chats/{chat_id}/messages/{message_id}/reactions",
        chat_id=chat_id,
        message_id=message_id,
    )
    path = with_query(path, {"reaction_key": reaction_key})
    return _unreact(path, chat_id, message_id, reaction_key)


CHATS_START: Final = Changed((4, 2, 808), now=_start_now, before=_start_before)
REMINDERS_CREATE: Final = Changed((4, 2, 808), now=_remind_now, before=_remind_before)
REACTIONS_DELETE: Final = Changed((4, 2, 808), now=_unreact_now, before=_unreact_before)
