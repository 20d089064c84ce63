"""The answers carry exactly the names of the wire, with the right JSON types."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from beeper_async.testing import Simulator

pytestmark = pytest.mark.asyncio

Api = Callable[..., Awaitable[tuple[int, Any]]]
Json = dict[str, Any]

# One line per model: required fields bare, optional ones with "?", nullable ones with "??".
# A colon names the type: s(tring), i(nteger), n(umber), b(oolean), t(ime), any, a model, [one],
# or {one} for a map.
MODELS = {
    "User": "id:s cannotMessage?:b email?:s fullName?:s imgURL?:s isSelf?:b phoneNumber?:s"
    " username?:s",
    "Participant": "@User isAdmin?:b isNetworkBot?:b isPending?:b",
    "Participants": "hasMore:b items:[Participant] total:i",
    "Label": "id:s name:s",
    "Reminder": "dismissOnIncomingMessage?:b remindAt?:t",
    "Snooze": "snoozeUntil?:t userSnoozedAt?:t",
    "Merge": "chatIDs:[s] defaultChatID?:s",
    "Size": "width?:n height?:n",
    "DraftAttachment": "id:s type:s audioDurationSeconds?:n fileName?:s filePath?:s fileSize?:n"
    " mimeType?:s size?:Size stickerID?:s",
    "Draft": "text:s attachments?:{DraftAttachment}",
    "AttachmentCapabilities": "mimeTypes:{i} caption?:i maxCaptionLength?:i maxDuration?:i"
    " maxHeight?:i maxSize?:i maxWidth?:i viewOnce?:b",
    "MessageRequest": "acceptWithButton?:i acceptWithMessage?:i",
    "ParticipantActions": "ban?:i invite?:i kick?:i leave?:i revokeInvite?:i",
    "DisappearingTimer": "omitEmptyTimer?:b timers?:[i] types?:[s]",
    "Level": "level:i",
    "StateCapabilities": "avatar?:Level description?:Level disappearingTimer?:Level title?:Level",
    "Capabilities": "allowedReactions?:[s] archive?:b attachments?:{AttachmentCapabilities}"
    " customEmojiReactions?:b delete?:i deleteChat?:b deleteChatForEveryone?:b deleteForMe?:b"
    " deleteMaxAge?:i disappearingTimer?:DisappearingTimer edit?:i editMaxAge?:i editMaxCount?:i"
    " formatting?:{i} locationMessage?:i markAsUnread?:b maxTextLength?:i"
    " messageRequest?:MessageRequest participantActions?:ParticipantActions poll?:i reaction?:i"
    " reactionCount?:i readReceipts?:b reply?:i state?:StateCapabilities thread?:i"
    " typingNotifications?:b",
    "Chat": "id:s accountID:s network:s participants:Participants title:s type:s unreadCount:i"
    " capabilities?:Capabilities description??:s draft??:Draft imgURL??:s isArchived?:b"
    " isLowPriority?:b isMarkedUnread?:b isMuted?:b isPinned?:b isReadOnly?:b labels?:[Label]"
    " lastActivity?:t lastReadMessageSortKey?:s localChatID??:s merge?:Merge mergedIntoChatID?:s"
    " messageExpirySeconds??:i reminder??:Reminder snooze??:Snooze unreadMentionsCount?:i",
    "ListedChat": "@Chat preview?:Message",
    "OpenedChat": "@Chat chatID:s status?:s",
    "Transcription": "engine:s transcription:s language?:s",
    "Attachment": "type:s id?:s duration?:n fileName?:s fileSize?:n isGif?:b isSticker?:b"
    " isVoiceNote?:b mimeType?:s posterImg?:s size?:Size srcURL?:s transcription?:Transcription",
    "Link": "title:s url:s favicon?:s img?:s imgSize?:Size originalURL?:s summary?:s",
    "Reaction": "id:s participantID:s reactionKey:s emoji?:b imgURL?:s",
    "SendStatus": "status:s timestamp:t deliveredToUsers?:[s] internalError?:s message?:s"
    " reason?:s",
    "Message": "id:s accountID:s chatID:s senderID:s sortKey:s timestamp:t"
    " attachments?:[Attachment] editedTimestamp?:t isDeleted?:b isHidden?:b isSender?:b"
    " isUnread?:b linkedMessageID?:s links?:[Link] mentions??:[s] reactions?:[Reaction] seen?:any"
    " sendStatus?:SendStatus senderName?:s text?:s type?:s",
    "ListedChats": "items:[ListedChat] hasMore:b oldestCursor:s newestCursor:s",
    "Chats": "items:[Chat] hasMore:b oldestCursor:s newestCursor:s",
    "Messages": "items:[Message] hasMore:b oldestCursor:s newestCursor:s",
    "Sent": "chatID:s pendingMessageID:s",
    "ReactionAdded": "chatID:s messageID:s reactionKey:s success:b transactionID:s",
    "ReactionDeleted": "chatID:s messageID:s reactionKey:s success:b",
    "InfoApp": "bundle_id:s name:s version:s",
    "InfoPlatform": "arch:s os:s release?:s",
    "InfoServer": "base_url:s hostname:s mcp_enabled:b port:i remote_access:b status:s",
    "InfoOAuth": "authorization_endpoint:s introspection_endpoint:s registration_endpoint:s"
    " revocation_endpoint:s token_endpoint:s userinfo_endpoint:s",
    "InfoEndpoints": "mcp:s oauth:InfoOAuth spec:s ws_events:s",
    "Info": "app:InfoApp endpoints:InfoEndpoints platform:InfoPlatform server:InfoServer",
}

TYPES: dict[str, tuple[type, ...]] = {"s": (str,), "i": (int,), "n": (int, float), "b": (bool,)}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def fields_of(model: str) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for word in MODELS[model].split():
        if word.startswith("@"):
            found += fields_of(word[1:])
        else:
            name, _, kind = word.partition(":")
            found.append((name.rstrip("?"), name[len(name.rstrip("?")) :], kind))
    return found


def check(value: Any, kind: str, where: str) -> None:
    if kind == "any":
        return
    if kind == "t":
        assert isinstance(value, str), where
        assert TIME.fullmatch(value), where
    elif kind in TYPES:
        assert type(value) in TYPES[kind], f"{where}: {value!r}"
    elif kind.startswith("["):
        for index, item in enumerate(value):
            check(item, kind[1:-1], f"{where}[{index}]")
    elif kind.startswith("{"):
        for key, item in value.items():
            check(item, kind[1:-1], f"{where}.{key}")
    else:
        check_model(value, kind, where)


def check_model(value: Any, model: str, where: str) -> None:
    assert isinstance(value, dict), where
    found = cast("Json", value)
    fields = fields_of(model)
    assert set(found) <= {name for name, _, _ in fields}, f"{where}: unknown names"
    for name, marks, kind in fields:
        if name not in found:
            assert marks, f"{where}.{name} is required"
        elif found[name] is None:
            assert marks == "??", f"{where}.{name} must not be null"
        else:
            check(found[name], kind, f"{where}.{name}")


async def test_everything_in_the_demo_world(sim: Simulator, api: Api) -> None:
    _, page = await api("GET", "/v1/chats?limit=200")
    check_model(page, "ListedChats", "list")
    _, found = await api("GET", "/v1/chats/search?limit=200")
    check_model(found, "Chats", "search")
    for chat in page["items"]:
        path = f"/v1/chats/{chat['id']}"
        check_model((await api("GET", path))[1], "Chat", chat["title"])
        _, messages = await api("GET", f"{path}/messages")
        if messages["items"]:
            check_model(messages, "Messages", chat["title"])
            one = messages["items"][0]
            assert (await api("GET", f"{path}/messages/{one['id']}"))[1] == one


async def test_the_demo_world_shows_every_field_that_has_a_say(sim: Simulator, api: Api) -> None:
    """Otherwise a client of the demo would never meet them."""
    chats = list(sim.world.chats.values())
    messages = [one for found in sim.world.messages.values() for one in found]
    for objects, model, never in (
        (chats, "Chat", set[str]()),
        (messages, "Message", {"isHidden"}),
    ):
        present = {name for one in objects for name, value in one.items() if value is not None}
        assert {name for name, _, _ in fields_of(model)} - present == never


async def test_the_demo_world_adds_up(sim: Simulator) -> None:
    world = sim.world
    assert 22 <= len(world.chats) <= 30
    assert len({chat["network"] for chat in world.chats.values()}) == 7
    assert len({chat["localChatID"] for chat in world.chats.values()}) == len(world.chats)
    for chat in world.chats.values():
        messages = world.messages[chat["id"]]
        assert chat["unreadCount"] == sum(message["isUnread"] for message in messages)
        people = {person["id"] for person in chat["participants"]["items"]}
        keys = [int(message["sortKey"]) for message in messages]
        times = [message["timestamp"] for message in messages]
        assert keys == sorted(set(keys)), chat["title"]
        assert times == sorted(times), chat["title"]
        assert {message["senderID"] for message in messages} <= people
        assert all(message["chatID"] == chat["id"] for message in messages)
        if messages:
            assert chat["lastActivity"] == times[-1]
        for person in chat["participants"]["items"]:
            phone = person.get("phoneNumber", "+14155550100")
            assert re.fullmatch(r"\+141555501\d\d|\+447700900\d{3}", phone)


async def test_the_answers_of_changes(sim: Simulator, api: Api, mum: Json, trip: Json) -> None:
    for chat in (mum, trip):
        path = f"/v1/chats/{chat['id']}"
        check_model((await api("PATCH", path, {"isMuted": True}))[1], "Chat", "update")
        check_model((await api("POST", f"{path}/read", {}))[1], "Chat", "read")
        check_model((await api("POST", f"{path}/unread", {}))[1], "Chat", "unread")
        _, sent = await api("POST", f"{path}/messages", {"text": "x"})
        check_model(sent, "Sent", "send")
        reactions = f"{path}/messages/{sent['pendingMessageID']}/reactions"
        _, added = await api("POST", reactions, {"reactionKey": "x"})
        check_model(added, "ReactionAdded", "react")
        check_model((await api("DELETE", f"{reactions}/x"))[1], "ReactionDeleted", "unreact")
    body = {"accountID": mum["accountID"], "participantIDs": ["@a:b"], "type": "single"}
    check_model((await api("POST", "/v1/chats", body))[1], "OpenedChat", "create")
    body = {"accountID": mum["accountID"], "user": {"email": "a@example.com"}}
    check_model((await api("POST", "/v1/chats/start", body))[1], "OpenedChat", "start")
    check_model((await api("GET", "/v1/info"))[1], "Info", "info")


async def test_what_arrives_and_what_is_generated(api: Api, sim: Simulator, mum: Json) -> None:
    check_model(sim.world.receive(mum["id"], "hi"), "Message", "receive")
    crowd = Simulator(chats=70).world
    for chat in crowd.chats.values():
        for message in crowd.messages[chat["id"]]:
            check_model(message, "Message", chat["title"])
