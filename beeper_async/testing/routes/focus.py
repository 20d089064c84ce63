"""Bringing the window of the app to the front."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from ..server.refusals import not_found
from ..server.routing import Route, RoutedRequest, RouteResponse

Json = dict[str, Any]

_TEXTS = ("chatID", "messageID", "draftText", "draftAttachmentPath")


def focus(request: RoutedRequest) -> RouteResponse:
    """Show a chat, a message in it, and a draft; without a chat only the window is raised."""
    body = request.body()
    wanted = {name: value for name in _TEXTS if (value := body.text(name)) is not None}
    body.finish()
    if "chatID" in wanted:
        chat = request.world.find_chat(wanted["chatID"])
        if chat is None:
            raise not_found("Chat", chatID=wanted["chatID"])
        if "messageID" in wanted:
            request.message(chat, wanted["messageID"])
        draft = _draft(wanted)
        if draft is not None:
            request.world.change_chat(chat["id"], draft=draft)
    request.world.focused.append(wanted)
    return RouteResponse({"success": True})


def _draft(wanted: dict[str, str]) -> Json | None:
    text, path = wanted.get("draftText"), wanted.get("draftAttachmentPath")
    if not text and not path:
        return None
    draft: Json = {"text": text or ""}
    if path:
        name = PurePath(path).name
        draft["attachments"] = {
            "focus": {"id": "focus", "type": "file", "filePath": path, "fileName": name}
        }
    return draft


ROUTES = [Route(method="POST", path="/v1/focus", handler=focus)]
