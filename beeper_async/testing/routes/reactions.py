"""Reactions to messages."""

from __future__ import annotations

from ..server.refusals import not_found
from ..server.routing import Route, RoutedRequest, RouteResponse
from ..server.versions import FULL_CHATS, INFO_AND_REACTIONS


def add(request: RoutedRequest) -> RouteResponse:
    """React to a message; a repeated transaction ID changes nothing."""
    chat = request.chat()
    message = request.message(chat)
    body = request.body()
    key = body.text("reactionKey", required=True, min_length=1) or ""
    transaction_id = body.text("transactionID")
    body.finish()
    transaction_id = transaction_id or f"txn_{request.world.next_message_id()}"
    counted = request.world.react(chat, message, key, transaction_id)
    return RouteResponse(
        {
            "success": True,
            "chatID": chat["id"],
            "messageID": message["id"],
            "reactionKey": counted,
            "transactionID": transaction_id,
        }
    )


def delete(request: RoutedRequest) -> RouteResponse:
    """Take an own reaction back."""
    return _delete(request, request.params["reactionKey"])


def delete_in_old_app(request: RoutedRequest) -> RouteResponse:
    """The same with the key in the query, as apps before 4.2.808 had it."""
    key = request.query.text("reactionKey", required=True, min_length=1) or ""
    request.query.finish()
    return _delete(request, key)


def _delete(request: RoutedRequest, key: str) -> RouteResponse:
    chat = request.chat()
    message = request.message(chat)
    if not request.world.unreact(chat, message, key):
        raise not_found("Reaction", messageID=message["id"], reactionKey=key)
    return RouteResponse(
        {"success": True, "chatID": chat["id"], "messageID": message["id"], "reactionKey": key}
    )


_PATH = "/v1/chats/{chatID}/messages/{messageID}/reactions"

ROUTES = [
    Route(method="POST", path=_PATH, handler=add, since=INFO_AND_REACTIONS),
    Route(
        method="DELETE",
        path=_PATH,
        handler=delete_in_old_app,
        since=INFO_AND_REACTIONS,
        until=FULL_CHATS,
    ),
    Route(method="DELETE", path=_PATH + "/{reactionKey}", handler=delete, since=FULL_CHATS),
]
