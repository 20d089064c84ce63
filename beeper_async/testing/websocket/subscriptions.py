"""What a socket has subscribed to: parsing its command by the rules of the app version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import attrs
import orjson

from ..server.versions import APP_STATE_EVENTS, Version

Json = dict[str, Any]

EVERY_CHAT = "*"
_FIELDS = frozenset({"type", "requestID", "chatIDs"})


class CommandError(Exception):
    """Raised for a command that is refused with an error."""

    def __init__(self, code: str, message: str, request_id: str | None = None) -> None:
        self.code = code
        self.message = message
        self.request_id = request_id
        super().__init__(message)


@attrs.frozen(kw_only=True)
class SocketSubscription:
    """What a socket has subscribed to. Nothing at first."""

    chat_ids: tuple[str, ...] = ()
    """IDs of chats, or ``*`` alone for every chat there is at the time of an event."""
    app_state: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it covers nothing."""
        return not self.chat_ids and not self.app_state

    def covers(self, chat_id: str | None) -> bool:
        """Return whether it covers the events of a chat, or of the app if `chat_id` is None."""
        if chat_id is None:
            return self.app_state
        return chat_id in self.chat_ids or self.chat_ids == (EVERY_CHAT,)

    def show(self, version: Version) -> Json:
        """Return the subscription as a JSON object of the API."""
        shown: Json = {"chatIDs": list(self.chat_ids)}
        if version >= APP_STATE_EVENTS:
            shown["app"] = {"state": self.app_state}
        return shown


def read_command(text: str, version: Version) -> tuple[str | None, SocketSubscription]:
    """Return the request ID of a ``subscriptions.set``, and its subscription."""
    try:
        found: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _malformed("The message is not valid JSON", None) from None
    if not isinstance(found, dict):
        raise _malformed("The message is not an object", None)
    command = cast(Json, found)
    request_id: Any = command.get("requestID")
    if "requestID" in command and not isinstance(request_id, str):
        raise _malformed("requestID must be a string", None)
    kind: Any = command.get("type")
    if not isinstance(kind, str):
        raise _malformed("type must be a string", request_id)
    if kind != "subscriptions.set":
        raise CommandError("INVALID_COMMAND", f"Unsupported command type: {kind}", request_id)
    return request_id, _subscription(command, version, request_id)


def _subscription(command: Json, version: Version, request_id: str | None) -> SocketSubscription:
    knows_app = version >= APP_STATE_EVENTS
    unknown = sorted(set(command) - _FIELDS - ({"app"} if knows_app else set()))
    if unknown:
        raise _malformed(f"Unknown field: {unknown[0]}", request_id)
    if "chatIDs" not in command and not knows_app:
        raise _malformed("chatIDs is required", request_id)
    chat_ids = _chat_ids(command.get("chatIDs", []), request_id)
    return SocketSubscription(
        chat_ids=chat_ids, app_state="app" in command and _app_state(command["app"], request_id)
    )


def _chat_ids(given: Any, request_id: str | None) -> tuple[str, ...]:
    items = cast(Sequence[Any], given) if isinstance(given, list) else [None]
    texts = {item.strip() for item in items if isinstance(item, str)}
    if "" in texts or not all(isinstance(item, str) for item in items):
        raise _malformed("chatIDs must be a list of chat IDs", request_id)
    if EVERY_CHAT in texts and len(texts) > 1:
        raise _malformed("chatIDs cannot combine '*' with specific IDs", request_id)
    return tuple(sorted(texts))


def _app_state(given: Any, request_id: str | None) -> bool:
    app = cast(Json, given) if isinstance(given, dict) else {}
    if set(app) != {"state"} or not isinstance(app["state"], bool):
        raise _malformed("app must be an object with the boolean state", request_id)
    return app["state"]


def _malformed(message: str, request_id: str | None) -> CommandError:
    return CommandError("INVALID_PAYLOAD", message, request_id)
