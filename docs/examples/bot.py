"""A bot: answers /ping, congratulates, and counts reactions. It prints what it hears and does.

python docs/examples/bot.py --demo      people of the demo talk; ends by itself
python docs/examples/bot.py             your own chats, until Ctrl-C; sends nothing
python docs/examples/bot.py --answer    the same, and answers everybody who writes /ping
"""

import argparse
import asyncio
import contextlib
from collections import Counter
from datetime import UTC, datetime

from beeper_async import (
    AsyncBeeperDesktop,
    Bot,
    Context,
    Ctx,
    F,
    MessageCreated,
    MessageUpserted,
    ReactionAdded,
)
from beeper_async.testing import Simulator

EVENTS_OF_THE_DEMO = 25


def add_handlers(bot: Bot, *, answers: bool) -> None:
    """Teach the bot what to do."""
    reactions: Counter[str] = Counter()

    async def answer(ctx: Ctx, text: str) -> None:
        if answers:
            await ctx.reply(text)
        print(f"    {'answered' if answers else 'would answer'}: {text}")

    @bot.listen(MessageCreated)
    async def show(ctx: Ctx) -> None:
        print(f"{ctx.message.sender_name}: {ctx.text}")

    @bot.command()
    async def ping(ctx: Ctx, *words: str) -> None:
        """Answer."""
        await answer(ctx, " ".join(["pong", *words]))

    @bot.on(MessageCreated, when=F.text(r"(?i)\bhappy birthday\b"))
    async def congratulate(ctx: Ctx) -> None:
        await answer(ctx, "All the best from me, too! 🎂")

    @bot.on(ReactionAdded)
    async def count(ctx: Context[ReactionAdded]) -> None:
        key = ctx.event.reaction.reaction_key
        reactions[key] += 1
        print(f"    {key} for {ctx.text!r}; {reactions[key]} of these so far")


def stop_after(bot: Bot, events: int) -> None:
    """Let the bot stop by itself."""
    heard = 0

    @bot.listen(MessageUpserted)
    async def stop(ctx: Context[MessageUpserted]) -> None:
        nonlocal heard
        heard += 1
        if heard == events:
            bot.stop()


async def main() -> None:
    """Read the options and run the bot."""
    parser = argparse.ArgumentParser(description="Answer /ping, and count reactions.")
    parser.add_argument("--demo", action="store_true", help="use a simulated app")
    parser.add_argument("--answer", action="store_true", help="send answers to real people")
    parser.add_argument("--store", help="a file that remembers what was handled")
    options = parser.parse_args()
    async with contextlib.AsyncExitStack() as stack:
        if options.demo:
            app = Simulator(now=datetime.now(UTC), chatter=0.3)
            await stack.enter_async_context(app)
            client = AsyncBeeperDesktop(base_url=app.url, access_token=app.token)
        else:
            client = AsyncBeeperDesktop()
        await stack.enter_async_context(client)
        bot = Bot(store=options.store)
        add_handlers(bot, answers=options.demo or options.answer)
        if options.demo:
            stop_after(bot, EVENTS_OF_THE_DEMO)
        await bot.run(client)  # Ctrl-C and SIGTERM end it in good order


if __name__ == "__main__":
    asyncio.run(main())
