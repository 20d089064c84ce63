"""Creating chats, and opening the direct chat with somebody."""

from __future__ import annotations

import re
from typing import Any

from ..server.inputs import BodyReader
from ..server.refusals import RefusalError, impossible, issue, not_found
from ..server.routing import Route, RoutedRequest, RouteResponse
from ..server.versions import FULL_CHATS
from ..server.views import default_participant_cap, show_chat
from .text_search import comparable

Json = dict[str, Any]

_IDENTIFIERS = ("id", "phoneNumber", "email", "username")
_KINDS = ("single", "group")


def create(request: RoutedRequest) -> RouteResponse:
    """Open a new chat with the given people."""
    body = request.body()
    kind = body.choice("type", _KINDS, required=True)
    ids = body.texts("participantIDs", required=True)
    title = body.text("title")
    account_id, text = _common(request, body)
    if not ids:
        raise impossible(
            issue("too_small", "At least one participant is needed", "body", "participantIDs")
        )
    if kind == "single" and len(ids) > 1:
        message = "A single chat has exactly one participant"
        raise impossible(issue("too_big", message, "body", "participantIDs"))
    known = {person["id"]: person for person in request.world.contacts(account_id)}
    people = [known.get(one, {"id": one, "isSelf": False}) for one in ids]
    group_title = title if kind == "group" else None
    chat = request.world.create_chat(account_id, people, kind or "group", group_title)
    return _opened(request, chat, "created", text)


def start(request: RoutedRequest) -> RouteResponse:
    """Open the direct chat with a person, reusing the one there is."""
    body = request.body()
    user = body.child("user", required=True)
    hints = {} if user is None else _hints(user)
    allow_invite = body.boolean("allowInvite")
    account_id, text = _common(request, body)
    if not any(hints.get(name) for name in _IDENTIFIERS):
        message = "At least one of id, phoneNumber, email and username is needed"
        raise impossible(issue("custom", message, "body", "user"))
    person = _find_person(request, account_id, hints)
    chat = None if person is None else request.world.direct_chat(account_id, person["id"])
    if chat is not None:
        return _opened(request, chat, "existing", text)
    if person is None and allow_invite is False:
        raise not_found("User")
    chat = request.world.create_chat(account_id, [person or _new_person(hints)], "single", None)
    return _opened(request, chat, "created", text)


def create_in_old_app(request: RoutedRequest) -> RouteResponse:
    """The same two things as one endpoint, as apps before 4.2.808 had them."""
    body = request.body()
    mode = body.choice("mode", ("create", "start")) or "create"
    body.finish()
    return start(request) if mode == "start" else create(request)


def _common(request: RoutedRequest, body: BodyReader) -> tuple[str, str | None]:
    account_id = body.text("accountID", required=True) or ""
    text = body.text("messageText")
    body.finish()
    if account_id not in request.world.accounts:
        raise not_found("Account", accountID=account_id)
    return account_id, text


def _opened(request: RoutedRequest, chat: Json, status: str, text: str | None) -> RouteResponse:
    if text:
        if chat.get("isReadOnly"):
            raise RefusalError(400, "Chat is read-only", code="READ_ONLY")
        request.world.send(chat, text)
    old = {"chatID": chat["id"], "status": status}
    if request.version < FULL_CHATS:
        return RouteResponse(old)
    return RouteResponse(
        show_chat(request.world, chat, request.version, default_participant_cap(request.version))
        | old
    )


def _hints(user: BodyReader) -> Json:
    texts = {name: user.text(name) for name in (*_IDENTIFIERS, "fullName")}
    return {name: value for name, value in texts.items() if value}


def _find_person(request: RoutedRequest, account_id: str, hints: Json) -> Json | None:
    for name in _IDENTIFIERS:
        if name in hints:
            wanted = comparable(name, hints[name])
            for person in request.world.contacts(account_id):
                if name in person and comparable(name, person[name]) == wanted:
                    return person
    return None


def _new_person(hints: Json) -> Json:
    best: str = next(hints[name] for name in _IDENTIFIERS if name in hints)
    local_part = re.sub(r"[^0-9A-Za-z._=-]+", "_", best).strip("_") or "someone"
    person_id = hints.get("id") or f"@{local_part}:beeper.com"
    return {**hints, "id": person_id, "cannotMessage": False, "isSelf": False}


ROUTES = [
    Route(method="POST", path="/v1/chats", handler=create_in_old_app, until=FULL_CHATS),
    Route(method="POST", path="/v1/chats", handler=create, since=FULL_CHATS),
    Route(method="POST", path="/v1/chats/start", handler=start, since=FULL_CHATS),
]
