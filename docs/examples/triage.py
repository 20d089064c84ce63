"""Helps you with unread chats, from any of your devices: write `!unread` in your notes.

python docs/examples/triage.py --demo    somebody's morning in a simulated app
python docs/examples/triage.py           your own chats, until Ctrl-C; it answers only you

`!unread` lists what waits, the most urgent first; `!read 1 3`, `!archive 2` and `!later 2 3h` deal
with it. `!morning` sends the list to the chat each day at eight.
"""

import asyncio
import sys

from attrs import define, field

from beeper_async import Bot, Context, Ctx, Duration, TimeUp, UsageError
from beeper_async.models import Chat, ReminderInput
from beeper_async.testing import BotTest

bot = Bot(prefix="!", store="triage.db")


@define
class Kept:
    """What the bot has to know the next time."""

    listed: list[str] = field(factory=list[str])
    """The chats that were listed last, in their order."""
    morning: str = ""
    """The chat that gets the list each morning."""


def urgency(chat: Chat) -> tuple[bool, bool, bool, int]:
    """Order chats: mentions first, people before groups, muted ones and long ones last."""
    has_mention = bool(chat.unread_mentions_count)
    return not has_mention, bool(chat.is_muted), chat.type == "group", chat.unread_count


async def unread_chats() -> str:
    """Write down what waits, and keep what was listed."""
    search = bot.client.chats.search(unread_only=True)
    chats = sorted([chat async for chat in search if not chat.is_archived], key=urgency)
    with bot.state(Kept) as kept:
        kept.listed = [chat.id for chat in chats]
    lines = [
        f"{number}. {chat.title} ({chat.network}): {chat.unread_count or 'marked'}"
        + (", you are mentioned" if chat.unread_mentions_count else "")
        for number, chat in enumerate(chats, 1)
    ]
    return "\n".join(lines) or "Nothing waits for you."


def chosen(*numbers: int) -> list[str]:
    """Return the chats that have these numbers in the list."""
    with bot.state(Kept) as kept:
        if not numbers or not all(1 <= one <= len(kept.listed) for one in numbers):
            raise UsageError("Numbers of the last !unread, please.")
        return [kept.listed[one - 1] for one in numbers]


@bot.command(by="me")
async def unread(ctx: Ctx) -> None:
    """List what waits."""
    await ctx.reply(await unread_chats(), plain=True)


@bot.command(by="me")
async def read(ctx: Ctx, *numbers: int) -> None:
    """Mark chats as read."""
    for chat_id in chosen(*numbers):
        await ctx.client.chats.mark_read(chat_id)
    await ctx.react("👍")


@bot.command(by="me")
async def archive(ctx: Ctx, *numbers: int) -> None:
    """Archive chats."""
    for chat_id in chosen(*numbers):
        await ctx.client.chats.archive(chat_id)
    await ctx.react("👍")


@bot.command(by="me")
async def later(ctx: Ctx, number: int, delay: Duration) -> None:
    """Be reminded of a chat, unless somebody writes there before."""
    at = ctx.bot.clock.now() + delay
    reminder = ReminderInput(remind_at=at, dismiss_on_incoming_message=True)
    await ctx.client.chats.reminders.create(*chosen(number), reminder=reminder)
    await ctx.react("👍")


@bot.command(by="me")
async def morning(ctx: Ctx) -> None:
    """Get the list here each morning."""
    with bot.state(Kept) as kept:
        kept.morning = ctx.chat_id
    await ctx.react("👍")


@bot.daily("08:00")
async def good_morning(ctx: Context[TimeUp]) -> None:
    with bot.state(Kept) as kept:
        chat_id = kept.morning
    if chat_id:
        await bot.send(chat_id, f"Good morning!\n{await unread_chats()}", plain=True)


async def demo() -> None:
    """Let the owner of a simulated app use it."""
    with BotTest() as app:
        notes = app.room("Note to self")
        async with app.running(bot):
            for text in ("!unread", "!read 2 3", "!later 1 3h", "!morning"):
                app.me.says(text, notes)
                await app.settled()
            await app.advance("1d")
        print(notes.transcript())


if __name__ == "__main__":
    asyncio.run(demo() if "--demo" in sys.argv else bot.run())
