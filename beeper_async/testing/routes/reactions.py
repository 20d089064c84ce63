"""Reactions to messages."""

from __future__ import annotations

from ..server.refusals import not_found
from ..server.routing import Answer, Call, Route
from ..server.versions import FULL_CHATS, INFO_AND_REACTIONS


def add(call: Call) -> Answer:
    """React to a message; a repeated transaction ID changes nothing."""
    chat = call.chat()
    message = call.message(chat)
    body = call.body()
    key = body.text("reactionKey", required=True, min_length=1) or ""
    transaction_id = body.text("transactionID")
    body.finish()
    transaction_id = transaction_id or f"txn_{call.world.next_message_id()}"
    counted = call.world.react(chat, message, key, transaction_id)
    return Answer(
        {
            "success": True,
            "chatID": chat["id"],
            "messageID": message["id"],
            "reactionKey": counted,
            "transactionID": transaction_id,
        }
    )


def delete(call: Call) -> Answer:
    """Take an own reaction back."""
    return _delete(call, call.params["reactionKey"])


def delete_in_old_app(call: Call) -> Answer:
    """The same with the key in the query, as apps before 4.2.808 had it."""
    key = call.query.text("reactionKey", required=True, min_length=1) or ""
    call.query.finish()
    return _delete(call, key)


def _delete(call: Call, key: str) -> Answer:
    chat = call.chat()
    message = call.message(chat)
    if not call.world.unreact(chat, message, key):
        raise not_found("Reaction", messageID=message["id"], reactionKey=key)
    return Answer(
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
