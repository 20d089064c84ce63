"""The group chats of the demo world."""

from __future__ import annotations

from typing import Any

from .builder import ME, Builder, person, reaction

Json = dict[str, Any]

WHATSAPP = "local-whatsapp_ba_Vd83kQ"
TELEGRAM = "local-telegram_ba_Xr20pL"
SIGNAL = "local-signal_ba_Jm55tC"
SLACK = "slackgo.T0FERN-U0NOOR"
DISCORD = "discordgo"
BEEPER = "matrix"

HOUR = 60
DAY = 24 * HOUR


def add_groups(builder: Builder) -> None:
    """All groups."""
    _add_lisbon(builder)
    _add_studio(builder)
    _add_raid(builder)
    _add_choir(builder)
    _add_odd_titles(builder)
    _add_quiet(builder)


_LISBON_LINK: Json = {
    "url": "https://fern.example/lisbon",
    "originalURL": "https://fern.example/l",
    "title": "Lisbon in four days",
    "summary": "Trams, tiles and too many pastries",
    "img": "https://fern.example/tram.png",
    "imgSize": {"width": 1200, "height": 630},
    "favicon": "https://fern.example/favicon.ico",
}


def _add_lisbon(builder: Builder) -> None:
    ines = person(TELEGRAM, "telegram_300301", "Inês Fontoura", username="@ines_f", isAdmin=True)
    omar = person(TELEGRAM, "telegram_300302", "Omar Delacroix", username="@omar_d")
    yuki = person(
        TELEGRAM, "telegram_300303", "Yuki Brandvold 🌿", username="@yukib", isPending=True
    )
    bridge = person(TELEGRAM, "telegrambot", "Telegram bridge bot", isNetworkBot=True)
    chat = builder.chat(
        TELEGRAM,
        "Lisbon trip 🇵🇹",
        [ines, omar, yuki, bridge],
        kind="group",
        description="14 to 18 June. Tickets are in the pinned message.",
        labels=[builder.world.labels["lbl_trip"]],
        isPinned=True,
    )
    me = builder.world.me(TELEGRAM)
    builder.talk(chat, [(1, 3 * HOUR, "Who books the train?"), (2, 2.9 * HOUR, "I can")])
    plan = builder.say(
        chat,
        ME,
        2.5 * HOUR,
        None,
        text='Plan is <a href="https://fern.example/lisbon">here</a> @room',
        mentions=["@room"],
        links=[_LISBON_LINK],
        editedTimestamp=builder.moment(2.4 * HOUR),
        seen={ines["id"]: True, omar["id"]: builder.moment(2.2 * HOUR), yuki["id"]: False},
        reactions=[reaction(ines, "🔥"), reaction(omar, "party-parrot", emoji=False)],
    )
    size = {"width": 1080, "height": 1920}
    clip = builder.attachment(chat, "video", "tram28.mp4", "video/mp4", duration=31, size=size)
    builder.say(chat, 2, 40, "tram 28!", attachments=[clip], linkedMessageID=plan["id"])
    builder.say(chat, 1, 21, f"{me['fullName']}, window or aisle?", mentions=[me["id"]])
    builder.leave_unread(chat, 2)


def _add_studio(builder: Builder) -> None:
    people = [
        person(SLACK, "slack_u0cass", "Cassidy Wren", username="cass", isAdmin=True),
        person(SLACK, "slack_u0bo", "Bo Lindqvist", username="bo"),
        person(SLACK, "slack_u0ama", "Ama Owusu", username="ama", email="ama@example.com"),
    ]
    chat = builder.chat(
        SLACK,
        "#fern-launch",
        people,
        kind="group",
        description="Everything for the spring launch",
        labels=[builder.world.labels["lbl_fern"]],
        draft={
            "text": "Draft of the announcement",
            "attachments": {
                "att-1": {
                    "id": "att-1",
                    "type": "file",
                    "fileName": "poster.png",
                    "filePath": "/Users/noor/Desktop/poster.png",
                    "fileSize": 53_112,
                    "mimeType": "image/png",
                    "size": {"width": 640, "height": 480},
                }
            },
        },
    )
    topics = ["copy", "budget", "photos", "invoice", "venue", "poster", "rollout", "tickets"]
    for index in range(48):
        topic = topics[index % len(topics)]
        who = ME if index % 6 == 5 else index % 3 + 1
        builder.say(chat, who, 4 * DAY - index * 90, f"About the {topic}: point {index + 1}")
    builder.leave_unread(chat, 5)


def _add_raid(builder: Builder) -> None:
    names = ["Pixel Otter", "moss_lord", "Vantablack", "quietstorm", "Teacup"]
    people = [
        person(DISCORD, f"discord_5002{index:02}", name, username=name.lower().replace(" ", "."))
        for index, name in enumerate(names)
    ]
    people += [
        person(DISCORD, f"discord_51{index:04}", f"Member {index:03}", username=f"member{index:03}")
        for index in range(125)
    ]
    chat = builder.chat(DISCORD, "Raid night", people, kind="group", isMuted=True)
    for index in range(120):
        builder.say(chat, index % 5 + 1, 36 * HOUR - index * 2, f"pull {index + 1}: again!")
    builder.leave_unread(chat, 99)


def _add_choir(builder: Builder) -> None:
    people = [
        person(WHATSAPP, f"4477009003{index:02}", name, phoneNumber=f"+4477009003{index:02}")
        for index, name in enumerate(
            ["Anneke Bos", "Lucía Parra", "Dmitri Volkonsky", "Siobhán Kerr", "Chidi Nwosu"]
        )
    ]
    chat = builder.chat(
        WHATSAPP,
        "Choir — altos",
        people,
        kind="group",
        isLowPriority=True,
        messageExpirySeconds=86_400,
    )
    builder.talk(
        chat,
        [
            (1, 2 * DAY, "Rehearsal moved to 19:30"),
            (4, 1.9 * DAY, "Grand, thanks"),
            (3, 1.8 * DAY, "Буду вовремя!"),
        ],
    )
    sheet = builder.attachment(chat, "unknown", "Kyrie.pdf", "application/pdf", fileSize=120_400)
    builder.say(chat, 2, 1.7 * DAY, "the score", attachments=[sheet])
    builder.leave_unread(chat, 3)


def _add_odd_titles(builder: Builder) -> None:
    neighbours = [
        person(WHATSAPP, "447700900441", "Pilar Quist", phoneNumber="+447700900441"),
        person(WHATSAPP, "447700900442", "Olu Ferris", phoneNumber="+447700900442"),
    ]
    long_title = "The very long name of the neighbours' garden, compost and shared lawnmower group "
    chat = builder.chat(WHATSAPP, (long_title * 4).strip(), neighbours, kind="group")
    builder.talk(chat, [(2, 5 * DAY, "word " * 400)])
    builder.leave_unread(chat, 0)

    crew = [
        person(
            SIGNAL, "signal_crew1", "Zoë \u202eevil\u202c Tab\there", phoneNumber="+14155550178"
        ),
        person(SIGNAL, "signal_crew2", "Ann <script>", phoneNumber="+14155550179"),
    ]
    chat = builder.chat(
        SIGNAL, 'Line one\nline two\r\n\t[red]"quoted"\x1b[31m \\ / % {x} | ;', crew, kind="group"
    )
    builder.talk(chat, [(1, 8 * DAY, "who chose this title?\nnot me"), (ME, 7.9 * DAY, "…")])
    builder.leave_unread(chat, 0)


def _add_quiet(builder: Builder) -> None:
    people = [
        person(BEEPER, "wanda", "Wanda Iqbal", username="wanda:beeper.com"),
        person(BEEPER, "theo", "Theo Marchetti", username="theo:beeper.com"),
    ]
    chat = builder.chat(BEEPER, "Book club 📚", people, kind="group", isArchived=True, isMuted=True)
    sticker = builder.attachment(
        chat, "img", "cat.webp", "image/webp", isSticker=True, size={"width": 512, "height": 512}
    )
    builder.talk(chat, [(1, 21 * DAY, "Next up: something short, please")])
    builder.say(chat, 2, 20 * DAY, None, attachments=[sticker])
    builder.leave_unread(chat, 1)

    empty = builder.chat(BEEPER, "Allotment", people[:1], kind="group", idle_minutes=60 * DAY)
    empty["description"] = "Nobody has written here yet"
