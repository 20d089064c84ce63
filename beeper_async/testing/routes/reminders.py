"""Reminders on chats."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ..server.inputs import BodyReader
from ..server.refusals import issue, malformed
from ..server.routing import NO_CONTENT, Route, RoutedRequest, RouteResponse
from ..server.versions import FULL_CHATS
from ..world.clock import to_wire


def create(request: RoutedRequest) -> RouteResponse:
    """Set the reminder of a chat, replacing the one there is."""
    chat = request.chat()
    body = request.body()
    given = body.child("reminder", required=True)
    moment: datetime | None = None
    dismiss: bool | None = None
    if given is not None:
        old = request.version < FULL_CHATS
        moment = _old_moment(given) if old else given.moment("remindAt", required=True)
        dismiss = given.boolean("dismissOnIncomingMessage")
    body.finish()
    reminder: dict[str, Any] = {"remindAt": None if moment is None else to_wire(moment)}
    if dismiss is not None:
        reminder["dismissOnIncomingMessage"] = dismiss
    request.world.change_chat(chat["id"], reminder=reminder)
    return NO_CONTENT


def _old_moment(given: BodyReader) -> datetime | None:
    milliseconds = given.number("remindAtMs", required=True)
    if milliseconds is None:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        message = "Not a time"
        raise malformed(issue("too_big", message, "body", "reminder", "remindAtMs")) from None


def delete(request: RoutedRequest) -> RouteResponse:
    """Clear the reminder of a chat."""
    request.world.change_chat(request.chat()["id"], reminder=None)
    return NO_CONTENT


_PATH = "/v1/chats/{chatID}/reminders"

ROUTES = [
    Route(method="POST", path=_PATH, handler=create),
    Route(method="DELETE", path=_PATH, handler=delete),
]
