"""The bots of docs/examples, each in a simulated app."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from beeper_async.testing import BotTest

from .pages import ROOT

pytestmark = pytest.mark.asyncio


def example(name: str) -> Any:
    """Import an example anew, as a program of its own would."""
    spec = spec_from_file_location(name, ROOT / "docs/examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- reminder -----------------------------------------------------------------------------------


async def test_reminders_of_two_people_in_a_group(beeper_app: BotTest) -> None:
    ana, ben = beeper_app.person("Ana"), beeper_app.person("Ben")
    flat = beeper_app.group("Flat", ana, ben)
    async with beeper_app.running(example("reminder").bot):
        said = ana.says("!remind 1h30m buy *oat*  milk", flat)
        assert await flat.hears() == "#1 is planned."
        ben.says("!R 20m bins", flat)
        assert await flat.hears() == "#2 is planned."
        ben.says("!reminders", flat)
        assert await flat.hears() == "#2 11 May 10:20 bins\n#1 11 May 11:30 buy *oat*  milk"
        ben.says("!forget 1", flat)
        assert (await flat.hears()).startswith("You have no reminder 1 here.")
        said_forget = ben.says("!forget 2", flat)
        reactions = (await flat.sees_again(said_forget)).reactions or ()
        assert [one.reaction_key for one in reactions] == ["👍"]
        await beeper_app.advance("89m")
        await flat.hears_nothing()
        await beeper_app.advance("1m")
        rung = await flat.sees()
        assert rung.linked_message_id == said.id
        ben.says("!reminders", flat)
        assert await flat.hears() == "Nothing is planned."
        assert flat.transcript().count("buy *oat*  milk") == 3
        ana.says("!reminders")
        assert await ana.hears() == "Nothing is planned."


async def test_reminders_are_kept_and_come_late(beeper_app: BotTest, tmp_path: Path) -> None:
    ana, store = beeper_app.person("Ana"), tmp_path / "reminders.db"
    async with beeper_app.running(example("reminder").bot, store=store):
        ana.says("!remind 10m tea")
        assert await ana.hears() == "#1 is planned."
    ana.says("!remind 30m cake")
    await beeper_app.advance("20m")
    async with beeper_app.running(example("reminder").bot, store=store):
        assert {await ana.hears(), await ana.hears()} == {"⏰ tea", "#2 is planned."}
        await beeper_app.advance("10m")  # it counts from when she wrote it
        assert await ana.hears() == "⏰ cake"


async def test_reminders_explain_themselves(beeper_app: BotTest) -> None:
    ana = beeper_app.person("Ana")
    async with beeper_app.running(example("reminder").bot):
        ana.says("!remind soon milk")
        assert "!remind" in await ana.hears()
        beeper_app.me.says("!help", ana)
        assert "Remind you of something." in await ana.hears()
        await ana.hears_nothing()


# -- relay --------------------------------------------------------------------------------------


async def test_the_relay_joins_two_networks(beeper_app: BotTest) -> None:
    ana = beeper_app.person("Ana [1]", "WhatsApp")
    ben = beeper_app.person("Ben", "Telegram")
    here, there = beeper_app.group("Trip", ana), beeper_app.group("The trip", ben)
    other = beeper_app.group("Not joined", ana)
    async with beeper_app.running(example("relay").relay(here.chat_id, there.chat_id)):
        said = ana.says("Who has the *keys*?", here)
        ana.says("elsewhere", other)
        assert await there.hears() == "**Ana [1]:** Who has the *keys*?"
        ben.says("I do.", there)
        assert await here.hears() == "**Ben:** I do."
        beeper_app.me.says("From my phone", here)
        assert await there.hears() == "**Noor Haldane:** From my phone"
        ana.edits(said, "Who has the keys?")
        await beeper_app.settled()
        assert "bot: **Ana [1]:** Who has the keys?" in there.transcript()
        ana.deletes(said)
        await beeper_app.settled()
        assert there.transcript().startswith("bot: (deleted)\nBen: I do.")
        # What it has written itself is copied no second time.
        for room in (here, there, other):
            await room.hears_nothing()


async def test_the_relay_copies_files(beeper_app: BotTest) -> None:
    ana, ben = beeper_app.person("Ana"), beeper_app.person("Ben", "Telegram")
    world = beeper_app.sim.world
    photos = [
        one
        for messages in world.messages.values()
        for message in messages
        for one in message.get("attachments") or ()
        if one["type"] == "img"
    ][:2]
    async with beeper_app.running(example("relay").relay(ana.chat_id, ben.chat_id)):
        ana.says("Look!", attachments=photos)
        first, second = await ben.sees(), await ben.sees()
        assert (first.text, second.text) == ("**Ana:** Look!", None)
        names = [one.file_name for one in (*(first.attachments or ()), *(second.attachments or ()))]
        assert names == [one["fileName"] for one in photos]


async def test_the_relay_leaves_what_is_old(beeper_app: BotTest, tmp_path: Path) -> None:
    ana, ben = beeper_app.person("Ana"), beeper_app.person("Ben", "Telegram")
    relay, store = example("relay").relay, tmp_path / "relay.db"
    async with beeper_app.running(relay(ana.chat_id, ben.chat_id), store=store):
        old = ana.says("first")
        assert await ben.hears() == "**Ana:** first"
    ana.says("an hour ago")
    await beeper_app.advance("61m")
    ana.says("a moment ago")
    async with beeper_app.running(relay(ana.chat_id, ben.chat_id), store=store):
        assert await ben.hears() == "**Ana:** a moment ago"
        ana.edits(old, "changed after the restart")
        await beeper_app.settled()
        assert "bot: **Ana:** changed after the restart" in ben.transcript()
        await ben.hears_nothing()


# -- triage -------------------------------------------------------------------------------------

UNREAD = """1. Lisbon trip 🇵🇹 (Telegram): 2, you are mentioned
2. Cassidy Wren (Slack): marked
3. Mum 🌻 (WhatsApp): 2
4. سمير الخطيب (WhatsApp): 2
5. Choir — altos (WhatsApp): 3
6. #fern-launch (Slack): 5
7. Parcel Tracker (Telegram): 1
8. Raid night (Discord): 99"""


async def test_triage_lists_and_deals_with_what_waits(beeper_app: BotTest) -> None:
    notes, me = beeper_app.room("Note to self"), beeper_app.me
    async with beeper_app.running(example("triage").bot):
        me.says("!unread", notes)
        assert await notes.hears() == UNREAD
        for text in ("!read 3 6", "!archive 7", "!later 1 3h"):
            said = me.says(text, notes)
            reactions = (await notes.sees_again(said)).reactions or ()
            assert [one.reaction_key for one in reactions] == ["👍"]
        me.says("!unread", notes)
        titles = [line.partition(" (")[0] for line in (await notes.hears()).splitlines()]
        assert titles == [
            "1. Lisbon trip 🇵🇹",
            "2. Cassidy Wren",
            "3. سمير الخطيب",
            "4. Choir — altos",
            "5. Raid night",
        ]
        async with beeper_app.client() as client:
            chat = await client.chats.retrieve(beeper_app.room("Lisbon trip 🇵🇹").chat_id)
            assert chat.reminder is not None
            assert f"{chat.reminder.remind_at:%H:%M}" == "13:00"
            chat = await client.chats.retrieve(beeper_app.room("Parcel Tracker").chat_id)
            assert chat.is_archived
        for text in ("!read", "!read 6", "!archive 0"):
            me.says(text, notes)
            assert (await notes.hears()).startswith("Numbers of the last !unread, please.")


async def test_triage_answers_only_its_owner(beeper_app: BotTest) -> None:
    ana = beeper_app.person("Ana")
    async with beeper_app.running(example("triage").bot):
        ana.says("!unread")
        ana.says("!read 1")
        await ana.hears_nothing()


async def test_triage_in_the_morning(beeper_app: BotTest) -> None:
    notes, me = beeper_app.room("Note to self"), beeper_app.me
    async with beeper_app.running(example("triage").bot):
        await beeper_app.advance("1d")
        await notes.hears_nothing()  # nobody has asked for it
        me.says("!morning", notes)
        await beeper_app.advance("1d")
        assert await notes.hears() == f"Good morning!\n{UNREAD}"
        await notes.hears_nothing()
        me.says("!read 2 1 3 4 5 6 7 8", notes)
        await beeper_app.advance("1d")
        assert await notes.hears() == "Good morning!\nNothing waits for you."
