"""Joins two chats, also of different networks: what is written in one is written in the other.

python docs/examples/relay.py --demo          two groups in a simulated app; ends by itself
python docs/examples/relay.py                 lists your chats with their IDs
python docs/examples/relay.py FIRST SECOND    joins two of them, until Ctrl-C
"""

import argparse
import asyncio

from attrs import define

from beeper_async import (
    AsyncBeeperDesktop,
    Bot,
    Context,
    Ctx,
    F,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    Router,
    escape_markdown,
)
from beeper_async.models import Message
from beeper_async.testing import BotTest


@define
class Copy:
    """Where the copy of a message is."""

    chat_id: str = ""
    message_id: str = ""


def text_of(ctx: Ctx | Context[MessageEdited]) -> str:
    """Write a message down for the other chat; what people wrote is shown as it is."""
    name = ctx.message.sender_name or "Somebody"
    return f"**{escape_markdown(name)}:** {escape_markdown(ctx.text)}"


async def copy_of(ctx: Context[MessageEdited] | Context[MessageDeleted]) -> Message | None:
    """Find the copy of a message."""
    with ctx.state(Copy, of="message") as kept:
        if not kept.message_id:
            return None
    return await ctx.client.messages.retrieve(kept.message_id, chat_id=kept.chat_id)


def one_way(source: str, target: str) -> Router:
    """Copy from one chat to another."""
    way = Router(when=F.chat(source))

    @way.on(MessageCreated, by="anyone", when=F.recent("1h"))
    async def write(ctx: Ctx) -> None:
        files = ctx.message.attachments or []
        sent = await ctx.bot.send(target, text_of(ctx), file=files[0] if files else None)
        with ctx.state(Copy, of="message") as kept:
            kept.chat_id, kept.message_id = sent.chat_id, sent.pending_id
        for file in files[1:]:
            await ctx.bot.send(target, file=file)

    @way.on(MessageEdited, by="anyone")
    async def edit(ctx: Context[MessageEdited]) -> None:
        if (copy := await copy_of(ctx)) is not None:
            await ctx.client.messages.update(copy.id, chat_id=copy.chat_id, text=text_of(ctx))

    @way.on(MessageDeleted, by="anyone")
    async def delete(ctx: Context[MessageDeleted]) -> None:
        if (copy := await copy_of(ctx)) is not None:
            await ctx.client.messages.delete(copy.id, chat_id=copy.chat_id, for_everyone=True)

    return way


def relay(first: str, second: str) -> Bot:
    """Make a bot that joins two chats."""
    bot = Bot(chats=(first, second), store="relay.db", sends_per_chat=60)
    bot.include(one_way(first, second), one_way(second, first))
    return bot


async def demo() -> None:
    """Join two groups of a simulated app."""
    with BotTest() as app:
        ana, ben = app.person("Ana", "WhatsApp"), app.person("Ben", "Telegram")
        here, there = app.group("Trip", ana), app.group("The trip", ben)
        async with app.running(relay(here.chat_id, there.chat_id)):
            ana.says("Who has the *keys*?", here)
            await app.settled()
            ben.says("I do.", there)
            app.me.says("Well done!", there)
            await app.settled()
        print(f"{here.title}:\n{here.transcript()}\n\n{there.title}:\n{there.transcript()}")


async def list_chats() -> None:
    """Print the IDs of all chats."""
    async with AsyncBeeperDesktop() as client:
        async for chat in client.chats.list():
            print(chat.id, chat.network, chat.title)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Join two chats.")
    parser.add_argument("--demo", action="store_true", help="two groups in a simulated app")
    parser.add_argument("first", nargs="?", help="the ID of a chat")
    parser.add_argument("second", nargs="?", help="the ID of another one")
    options = parser.parse_args()
    if options.demo:
        asyncio.run(demo())
    elif options.first and options.second:
        asyncio.run(relay(options.first, options.second).run())
    else:
        asyncio.run(list_chats())
