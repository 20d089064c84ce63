"""Reminds people of things: `!remind 1h30m buy milk`, `!reminders`, `!forget 3`, `!help`.

python docs/examples/reminder.py --demo    a conversation in a simulated app
python docs/examples/reminder.py           your own chats, until Ctrl-C; it answers these commands
"""

import asyncio
import sys

from beeper_async import Bot, Context, Ctx, Duration, TimeUp, UsageError
from beeper_async.testing import BotTest

bot = Bot(prefix="!", store="reminders.db")
bot.command("help", by="anyone")(bot.help)


@bot.command("remind", "r", by="anyone")
async def remind(ctx: Ctx, delay: Duration, *, text: str) -> None:
    """Remind you of something."""
    job = ctx.after(delay, ring, text)
    await ctx.reply(f"{job.short} is planned.")


@bot.job
async def ring(ctx: Context[TimeUp], text: str) -> None:
    await ctx.reply(f"⏰ {text}", plain=True)


@bot.command(by="anyone")
async def reminders(ctx: Ctx) -> None:
    """List what is planned in this chat."""
    lines = [f"{job.short} {job.due:%d %b %H:%M} {job.argument('text')}" for job in ctx.jobs()]
    await ctx.reply("\n".join(lines) or "Nothing is planned.", plain=True)


@bot.command(by="anyone")
async def forget(ctx: Ctx, number: int) -> None:
    """Forget a reminder of yours."""
    mine = [job.id for job in ctx.jobs() if job.person_id == ctx.person_id]
    if number not in mine:
        raise UsageError(f"You have no reminder {number} here.")
    ctx.cancel(number)
    await ctx.react("👍")


async def demo() -> None:
    """Let somebody in a simulated app use it."""
    with BotTest() as app:
        ana = app.person("Ana")
        async with app.running(bot):
            for text in ("!remind 90m buy milk", "!r 2d call Ben", "!reminders"):
                ana.says(text)
                await app.settled()
            await app.advance("90m")
        print(ana.transcript())


if __name__ == "__main__":
    asyncio.run(demo() if "--demo" in sys.argv else bot.run())
