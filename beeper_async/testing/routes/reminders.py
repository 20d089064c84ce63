"""Reminders on chats."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ..server.inputs import BodyReader
from ..server.refusals import issue, malformed
from ..server.routing import DONE, Answer, Call, Route
from ..server.versions import FULL_CHATS
from ..world.clock import to_wire


def create(call: Call) -> Answer:
    """Set the reminder of a chat, replacing the one there is."""
    chat = call.chat()
    body = call.body()
    given = body.child("reminder", required=True)
    moment: datetime | None = None
    dismiss: bool | None = None
    if given is not None:
        old = call.version < FULL_CHATS
        moment = _old_moment(given) if old else given.moment("remindAt", required=True)
        dismiss = given.boolean("dismissOnIncomingMessage")
    body.finish()
    reminder: dict[str, Any] = {"remindAt": None if moment is None else to_wire(moment)}
    if dismiss is not None:
        reminder["dismissOnIncomingMessage"] = dismiss
    call.world.change_chat(chat["id"], reminder=reminder)
    return DONE


def _old_moment(given: BodyReader) -> datetime | None:
    milliseconds = given.number("remindAtMs", required=True)
    if milliseconds is None:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        message = "Not a time"
        raise malformed(issue("too_big", message, "body", "reminder", "remindAtMs")) from None


def delete(call: Call) -> Answer:
    """Clear the reminder of a chat."""
    call.world.change_chat(call.chat()["id"], reminder=None)
    return DONE


_PATH = "/v1/chats/{chatID}/reminders"

ROUTES = [
    Route(method="POST", path=_PATH, handler=create),
    Route(method="DELETE", path=_PATH, handler=delete),
]
