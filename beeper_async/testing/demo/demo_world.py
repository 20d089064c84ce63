"""The demo world: some weeks in the life of Noor Haldane, who does not exist.

All people are invented and all phone numbers come from ranges set aside for fiction.
"""

from __future__ import annotations

from typing import Any

from ..world.clock import Clock
from ..world.world import World
from .builder import ME, Builder, give_logins, person, reaction
from .capabilities import SIGNAL_CAPABILITIES, WHATSAPP_CAPABILITIES
from .groups import add_groups

Json = dict[str, Any]

WHATSAPP = "local-whatsapp_ba_Vd83kQ"
TELEGRAM = "local-telegram_ba_Xr20pL"
SIGNAL = "local-signal_ba_Jm55tC"
IMESSAGE = "local-imessage"
SLACK = "slackgo.T0FERN-U0NOOR"
DISCORD = "discordgo"
BEEPER = "matrix"

LABELS = {"lbl_home": "Home 🏡", "lbl_fern": "Fern Studio", "lbl_trip": "Lisbon trip"}

HOUR = 60
DAY = 24 * HOUR


def demo_world(clock: Clock) -> World:
    """About two dozen chats on seven networks."""
    world = World(clock)
    world.labels = {key: {"id": key, "name": name} for key, name in LABELS.items()}
    builder = Builder(world)
    _add_accounts(builder)
    _add_mum(builder)
    _add_friends(builder)
    _add_scripts(builder)
    _add_merged(builder)
    _add_others(builder)
    _add_postponed(builder)
    add_groups(builder)
    give_logins(world)
    stranger = person(WHATSAPP, "447700900777", "Ilse Brandt", phoneNumber="+447700900777")
    world.strangers[WHATSAPP] = [stranger]
    return world


def _add_accounts(builder: Builder) -> None:
    name = "Noor Haldane"
    phone = {"phoneNumber": "+14155550100"}
    local = "local"
    builder.account(
        BEEPER,
        "Beeper",
        "matrix",
        "cloud",
        person(BEEPER, "noor", name, username="noor:beeper.com"),
    )
    builder.account(
        WHATSAPP,
        "WhatsApp",
        "local-whatsapp",
        local,
        person(WHATSAPP, "14155550100", name, **phone),
        loginID="ba_Vd83kQ",
        statusText="Connected",
    )
    builder.account(
        TELEGRAM,
        "Telegram",
        "local-telegram",
        local,
        person(TELEGRAM, "telegram_300100", name, username="@noorh"),
    )
    _add_more_accounts(builder, name)


def _add_more_accounts(builder: Builder, name: str) -> None:
    local, phone = "local", {"phoneNumber": "+14155550100"}
    builder.account(
        SIGNAL, "Signal", "local-signal", local, person(SIGNAL, "signal_noor", name, **phone)
    )
    builder.account(
        IMESSAGE, "iMessage", "local-imessage", "platform-sdk", person(IMESSAGE, "imsg_noor", name)
    )
    builder.account(
        SLACK, "Slack", "slackgo", "cloud", person(SLACK, "slack_u0noor", name, username="noor")
    )
    builder.account(
        DISCORD,
        "Discord",
        "discordgo",
        "cloud",
        person(DISCORD, "discord_500001", name, username="noor.h"),
        status="reconnect_required",
        statusText="Sign in again",
    )


def _add_mum(builder: Builder) -> None:
    mum = person(WHATSAPP, "447700900111", "Greta Haldane", phoneNumber="+447700900111")
    chat = builder.chat(
        WHATSAPP,
        "Mum 🌻",
        [mum],
        isPinned=True,
        capabilities=WHATSAPP_CAPABILITIES,
        labels=[builder.world.labels["lbl_home"]],
    )
    builder.talk(
        chat,
        [
            (1, 2 * DAY, "Did you water the ferns?"),
            (ME, 2 * DAY - 4, "Twice! They look happy"),
            (1, 95, "Look who came to visit"),
        ],
    )
    picture = builder.attachment(
        chat, "img", "hedgehog.jpg", "image/jpeg", fileSize=248_113, size=_size(1600, 1200)
    )
    marks = [reaction(builder.world.me(WHATSAPP), "❤️"), reaction(mum, "😂")]
    builder.say(chat, 1, 3, "in the garden", attachments=[picture], reactions=marks)
    builder.leave_unread(chat, 2)


def _add_friends(builder: Builder) -> None:
    tomas = person(IMESSAGE, "imsg_14155550123", "Tomas Vrba", phoneNumber="+14155550123")
    chat = builder.chat(IMESSAGE, "Tomas Vrba", [tomas], imgURL="/Users/noor/Pictures/tomas.png")
    builder.talk(chat, [(ME, 50, "Still on for seven?"), (1, 44, "Yes! Dinner plans confirmed 🍜")])
    builder.leave_unread(chat, 0)

    ines = person(SIGNAL, "signal_ines", "Inês Fontoura", phoneNumber="+14155550134")
    chat = builder.chat(
        SIGNAL,
        "Inês Fontoura",
        [ines],
        messageExpirySeconds=604_800,
        capabilities=SIGNAL_CAPABILITIES,
        reminder={"remindAt": builder.moment(-22 * HOUR), "dismissOnIncomingMessage": True},
        labels=[builder.world.labels["lbl_trip"]],
    )
    voice = builder.attachment(
        chat,
        "audio",
        "voice.ogg",
        "audio/ogg",
        fileSize=40_211,
        duration=12.48,
        isVoiceNote=True,
        transcription={
            "transcription": "The keys are under the blue flowerpot, see you on Thursday.",
            "engine": "whisper",
            "language": "en",
        },
    )
    builder.talk(chat, [(ME, 5 * HOUR, "Where do I find the keys?")])
    builder.say(chat, 1, 4.5 * HOUR, None, attachments=[voice])
    builder.leave_unread(chat, 0)


def _add_scripts(builder: Builder) -> None:
    dana = person(TELEGRAM, "telegram_300201", "דנה לוי", username="@dana_l")
    chat = builder.chat(TELEGRAM, "דנה לוי", [dana])
    builder.talk(
        chat, [(1, 7 * HOUR, "בוקר טוב! ניפגש ב-10 ליד הגן?"), (ME, 6.9 * HOUR, "מעולה 👍")]
    )
    builder.leave_unread(chat, 0)

    samir = person(WHATSAPP, "447700900222", "سمير الخطيب", phoneNumber="+447700900222")
    chat = builder.chat(WHATSAPP, "سمير الخطيب", [samir])
    builder.talk(
        chat, [(1, 8 * HOUR, "هل وصلت الصور؟"), (1, 7.8 * HOUR, "أرسلت 3 صور و video واحد")]
    )
    builder.leave_unread(chat, 2)

    rin = person(TELEGRAM, "telegram_300202", "水野 凛", username="@rin_mizuno")
    chat = builder.chat(TELEGRAM, "水野 凛", [rin])
    builder.talk(
        chat, [(1, 9 * HOUR, "明日の会議は午後三時からです。"), (ME, 8.9 * HOUR, "了解です！")]
    )
    builder.leave_unread(chat, 0)

    emoji = "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
    family = person(BEEPER, "flags", f"{emoji} Family 🇵🇹")
    chat = builder.chat(BEEPER, f"{emoji} Family 🇵🇹", [family])
    builder.talk(chat, [(1, 11 * HOUR, "🎉🎉🎉"), (ME, 10.9 * HOUR, "👍🏽")])
    builder.leave_unread(chat, 0)


def _add_merged(builder: Builder) -> None:
    name = "Jonas Ekwueme"
    on_discord = person(DISCORD, "discord_500102", name, username="jonas.ek")
    on_signal = person(SIGNAL, "signal_jonas", name, phoneNumber="+14155550145")
    discord = builder.chat(DISCORD, name, [on_discord])
    builder.talk(discord, [(1, 3 * DAY, "gg, same time next week?")])
    builder.leave_unread(discord, 0)
    signal = builder.chat(SIGNAL, name, [on_signal])
    builder.talk(signal, [(ME, 14 * HOUR, "Moving our talk over here"), (1, 13 * HOUR, "works")])
    builder.leave_unread(signal, 0)
    merged = builder.chat(BEEPER, name, [on_discord, on_signal], idle_minutes=13 * HOUR)
    merged["merge"] = {"chatIDs": [discord["id"], signal["id"]], "defaultChatID": signal["id"]}
    for member in (discord, signal):
        member["mergedIntoChatID"] = merged["id"]


def _add_others(builder: Builder) -> None:
    plumber = person(WHATSAPP, "14155550167", None, phoneNumber="+14155550167")
    chat = builder.chat(
        WHATSAPP,
        "+1 415-555-0167",
        [plumber],
        draft={"text": "Hello, the tap is <em>still</em> dripping"},
    )
    builder.talk(chat, [(1, 26 * HOUR, "On my way, 20 minutes. <b>Gate code?</b> & parking?")])
    builder.leave_unread(chat, 0)

    bot = person(TELEGRAM, "telegram_300900", "Parcel Tracker", cannotMessage=True)
    chat = builder.chat(
        TELEGRAM, "Parcel Tracker", [bot], isLowPriority=True, isMuted=True, isReadOnly=True
    )
    builder.say(chat, 1, 30 * HOUR, "Your parcel is 2 stops away.", type="NOTICE")
    builder.leave_unread(chat, 1)

    old = person(IMESSAGE, "imsg_ruth", "Ruth Amsel", email="ruth@example.com")
    chat = builder.chat(IMESSAGE, "Ruth Amsel", [old], isArchived=True)
    builder.talk(chat, [(1, 40 * DAY, "Thank you for the lovely evening."), (ME, 39 * DAY, "♥")])
    builder.leave_unread(chat, 0)


def _add_postponed(builder: Builder) -> None:
    later = person(SLACK, "slack_u0cass", "Cassidy Wren", username="cass")
    snooze = {
        "snoozeUntil": builder.moment(-10 * HOUR),
        "userSnoozedAt": builder.moment(2 * HOUR),
    }
    chat = builder.chat(SLACK, "Cassidy Wren", [later], snooze=snooze, isMarkedUnread=True)
    report = builder.attachment(
        chat, "unknown", "Q2 report.pdf", "application/pdf", fileSize=88_213
    )
    builder.say(chat, 1, 33 * HOUR, "numbers attached", attachments=[report])
    builder.say(chat, 1, 32 * HOUR, "Sorry, wrong one", isDeleted=True)
    builder.leave_unread(chat, 0)
    chat["isMarkedUnread"] = True

    note = builder.chat(BEEPER, "Note to self", [])
    builder.talk(note, [(ME, 6 * DAY, "Passport expires in October!")])
    note["type"] = "single"


def _size(width: int, height: int) -> Json:
    return {"width": width, "height": height}
