"""Showing the user as typing, which the app documents nowhere."""

from __future__ import annotations

from ..server.refusals import issue, malformed
from ..server.routing import NO_CONTENT, Route, RoutedRequest, RouteResponse
from ..server.versions import SOCKET


def set_typing(request: RoutedRequest) -> RouteResponse:
    """Take either body that programs send: `isTyping`, or `state`."""
    chat = request.chat()
    body = request.body()
    is_typing, state = body.boolean("isTyping"), body.text("state")
    body.finish()
    if (is_typing is None) == (state is None) or state not in (None, "typing", "paused"):
        raise malformed(issue("invalid_value", "Expected isTyping or state", "body"))
    request.world.typing[chat["id"]] = state == "typing" if is_typing is None else is_typing
    return NO_CONTENT


ROUTES = [
    Route(method="POST", path="/v1/chats/{chatID}/typing", handler=set_typing, since=SOCKET),
]
