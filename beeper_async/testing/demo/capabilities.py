"""What two of the demo networks can do, as chats announce it.

Levels go from -2 (refused) through 0 (unsupported) to 2 (fully supported).
"""

from __future__ import annotations

from typing import Any

WHATSAPP_CAPABILITIES: dict[str, Any] = {
    "formatting": {"bold": 2, "italic": 2, "inline_code": 2, "table": -1},
    "attachments": {
        "m.image": {
            "mimeTypes": {"image/jpeg": 2, "image/png": 2, "image/*": 1},
            "caption": 2,
            "maxCaptionLength": 1024,
            "maxSize": 16_777_216,
            "maxWidth": 8192,
            "maxHeight": 8192,
        },
        "org.matrix.msc3245.voice": {
            "mimeTypes": {"audio/ogg": 2},
            "maxDuration": 3600,
            "viewOnce": True,
        },
    },
    "maxTextLength": 65_536,
    "locationMessage": 2,
    "poll": 1,
    "thread": 0,
    "reply": 2,
    "edit": 2,
    "editMaxCount": 10,
    "editMaxAge": 900,
    "delete": 2,
    "deleteMaxAge": 172_800,
    "deleteForMe": True,
    "messageRequest": {"acceptWithMessage": 1, "acceptWithButton": -2},
    "reaction": 2,
    "reactionCount": 1,
    "customEmojiReactions": False,
    "disappearingTimer": {
        "types": ["afterSend"],
        "timers": [86_400_000, 604_800_000],
        "omitEmptyTimer": True,
    },
    "readReceipts": True,
    "typingNotifications": True,
    "archive": True,
    "markAsUnread": True,
    "deleteChat": True,
    "deleteChatForEveryone": False,
    "participantActions": {"ban": -2, "invite": 2, "kick": 2, "leave": 2, "revokeInvite": 0},
    "state": {
        "title": {"level": 2},
        "avatar": {"level": 2},
        "description": {"level": 1},
        "disappearingTimer": {"level": 2},
    },
}

SIGNAL_CAPABILITIES: dict[str, Any] = {
    "formatting": {"bold": 2, "italic": 2, "spoiler": 2},
    "attachments": {"m.file": {"mimeTypes": {"*/*": 2}, "maxSize": 104_857_600}},
    "maxTextLength": 2000,
    "reply": 2,
    "edit": 2,
    "delete": 2,
    "reaction": 2,
    "allowedReactions": ["👍", "❤️", "😂", "😮"],
    "disappearingTimer": {"types": ["afterRead"]},
    "readReceipts": True,
}
