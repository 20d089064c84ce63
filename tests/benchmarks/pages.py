"""Canned answers: chats as apps send them, invented, each with its own ID."""

from typing import Any

import orjson

FRAMES = 20_000
IMAGES = {"image/jpeg": 2, "image/png": 2, "image/gif": 1, "image/webp": 1}
CAPABILITIES: dict[str, Any] = {
    "reaction": 2, "edit": 2, "reply": 2, "thread": -1, "poll": 1, "maxTextLength": 65536,
    "delete": 2, "deleteForMe": True, "deleteMaxAge": 172_800, "archive": True,
    "deleteChat": True, "deleteChatForEveryone": False, "markAsUnread": True,
    "readReceipts": True, "typingNotifications": True, "locationMessage": 2,
    "editMaxAge": 900, "editMaxCount": 10, "reactionCount": 1, "customEmojiReactions": False,
    "formatting": dict.fromkeys(("bold", "italic", "strikethrough", "inline_code"), 2),
    "attachments": {
        kind: {
            "mimeTypes": types,
            "caption": 2, "maxCaptionLength": 1024, "maxSize": 16_777_216,
        }
        for kind, types in {
            "m.image": IMAGES,
            "m.video": {"video/mp4": 2, "video/3gpp": 1},
            "m.audio": {"audio/ogg": 2, "audio/mpeg": 2, "audio/mp4": 2},
            "m.file": {"*/*": 2},
            "m.sticker": {"image/webp": 2},
            "org.matrix.msc3245.voice": {"audio/ogg": 2},
            "fi.mau.gif": {"video/mp4": 2},
        }.items()
    },
    "participantActions": {"ban": -2, "invite": 2, "kick": 2, "leave": 2, "revokeInvite": 0},
    "messageRequest": {"acceptWithMessage": 1, "acceptWithButton": -2},
    "state": {
        "title": {"level": 2}, "avatar": {"level": 2}, "description": {"level": 1},
        "disappearingTimer": {"level": 2},
    },
    "disappearingTimer": {"types": ["afterSend"], "timers": [86_400_000, 604_800_000]},
}  # fmt: skip

KINDS = 6


def capabilities(kind: int) -> dict[str, Any]:
    """Return what the chats of one of several networks support."""
    attachments = dict(list(CAPABILITIES["attachments"].items())[: 7 - kind])
    reactions = ["👍", "❤️", "😂"][:kind]
    differing = {"attachments": attachments, "editMaxAge": 900 * kind, "poll": kind % 2}
    return {**CAPABILITIES, **differing, "allowedReactions": reactions}


def person(number: int, chat: int) -> dict[str, Any]:
    return {
        "id": f"@person_{chat}_{number}:local-whatsapp.localhost",
        "fullName": f"Person {number} of {chat}",
        "phoneNumber": f"+1415555{number:04}",
        "imgURL": "mxc://local-whatsapp.localhost/avatar",
        "cannotMessage": False,
        "isSelf": number == 0,
        "isAdmin": number == 1,
    }


def message(number: int, chat_id: str) -> dict[str, Any]:
    return {
        "id": str(number), "chatID": chat_id, "accountID": "local-whatsapp_ba_Example",
        "senderID": "@person_1:local-whatsapp.localhost", "senderName": "Person One",
        "timestamp": "2026-05-10T18:40:00.004Z", "sortKey": str(10**9 + number), "type": "TEXT",
        "text": "See you at the station at seven, platform two. Bring the blue umbrella!",
        "links": [
            {
                "url": "https://example.com/timetable/platform-two", "title": "The timetable",
                "originalURL": "https://example.com/t/2", "favicon": "mxc://example.com/icon",
                "summary": "Trains of the day that stop here, and where they go from there.",
            }
        ],
        "isSender": False, "isUnread": True,
        "reactions": [
            {"id": "@a:x", "participantID": "@a:x", "reactionKey": "❤️", "emoji": True}
        ],
        "attachments": [
            {
                "id": "mxc://local-whatsapp.localhost/sign", "type": "img", "fileSize": 248113,
                "mimeType": "image/jpeg", "fileName": "sign.jpg", "isGif": False,
                "size": {"width": 1600, "height": 1200},
            }
        ],
    }  # fmt: skip


def text_message(number: int, chat_id: str) -> dict[str, Any]:
    """Return a message of which most histories consist: text, and nothing that hangs on it."""
    full = message(number, chat_id)
    return {key: full[key] for key in full.keys() - {"links", "reactions", "attachments"}}


def chat(number: int, *, with_capabilities: bool = False) -> dict[str, Any]:
    chat_id = f"!chat_{number}:local-whatsapp.localhost"
    body: dict[str, Any] = {
        "id": chat_id, "localChatID": str(number), "accountID": "local-whatsapp_ba_Example",
        "network": "WhatsApp", "title": f"Chat number {number}", "type": "group",
        "participants": {
            "items": [person(n, number) for n in range(5)], "hasMore": False, "total": 5
        },
        "lastActivity": "2026-05-10T18:40:00.004Z", "unreadCount": number % 7,
        "isArchived": False, "isMuted": False, "isPinned": number % 9 == 0, "draft": None,
        "lastReadMessageSortKey": "551900007", "isReadOnly": False, "isLowPriority": False,
        "futureField": {"level": 1},
        "preview": message(number, chat_id),
    }  # fmt: skip
    if with_capabilities:
        body["capabilities"] = capabilities(number % KINDS)
    return body


def chat_page(page: int, size: int, *, last: bool, with_capabilities: bool = False) -> bytes:
    """Write one page of a listing of chats."""
    start = page * size
    items = [chat(start + n, with_capabilities=with_capabilities) for n in range(size)]
    return _envelope(items, page, last)


def message_page(page: int, size: int, chat_id: str, *, last: bool) -> bytes:
    """Write one page of a listing of messages."""
    start = page * size
    return _envelope([message(start + n, chat_id) for n in range(size)], page, last)


def _envelope(items: list[Any], page: int, last: bool) -> bytes:
    cursor = None if last else str(page + 1)
    body = {"items": items, "hasMore": not last, "oldestCursor": cursor, "newestCursor": str(page)}
    return orjson.dumps(body)


def info() -> bytes:
    """Write what an app tells about itself; its address is to be guessed."""
    return orjson.dumps({"app": {"version": "4.3.73"}, "endpoints": {}})


def frames() -> bytes:
    """Write the frames of a socket: one new message each, of about one kilobyte."""
    chat_ids = [f"!chat_{number}:local-whatsapp.localhost" for number in range(50)]
    return b"".join(_upserted(number, chat_ids[number % 50]) for number in range(FRAMES))


def _upserted(number: int, chat_id: str) -> bytes:
    event = {
        "type": "message.upserted", "seq": number + 1, "ts": "2026-05-10T18:40:00.104Z",
        "chatID": chat_id, "ids": [str(number)], "entries": [message(number, chat_id)],
    }  # fmt: skip
    return frame(orjson.dumps(event))


def frame(text: bytes) -> bytes:
    """Write a frame as a server does: text in one piece."""
    size = bytes([len(text)]) if len(text) < 126 else b"\x7e" + len(text).to_bytes(2)
    return b"\x81" + size + text
