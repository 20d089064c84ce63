# pyright: strict
"""Bots in every form that type checkers have to accept. Never run; it is only checked.

What is wrong stands in `wrong_bots.txt`, one mistake to a line.
"""

import asyncio
import enum
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal, assert_type

from attrs import define, field

from beeper_async import (
    APIError,
    AsyncBeeperDesktop,
    Bot,
    ChatUpserted,
    Context,
    Ctx,
    Duration,
    Event,
    F,
    Filter,
    Job,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    MessageUpserted,
    NoAnswer,
    OutcomeUnknownError,
    ReactionAdded,
    Router,
    Sent,
    Skip,
    TimeUp,
    cooldown,
    duration,
)


class Colour(enum.Enum):
    RED = "red"


class Database:
    async def save(self, text: str) -> int:
        return len(text)


@define
class Tally:
    votes: Counter[str] = field(factory=Counter[str])


bot = Bot(prefix="!", store="bot.db", chats=["!id"], order="person", sends_per_minute=None)
polls = Router(when=F.group)
strict = Router(when=lambda ctx: ctx.event.recovered)


@bot.command("remind", "r")
async def remind(ctx: Ctx, delay: Duration, *, text: str) -> None:
    assert_type(delay, timedelta)
    job = ctx.after(delay, ring, text=text)
    assert_type(job, Job)
    ctx.after("10m", ring, "text")
    ctx.after(5, plain_job)
    await ctx.reply(job.short, plain=True)


@bot.job
async def ring(ctx: Context[TimeUp], text: str) -> None:
    await ctx.reply(f"⏰ {text}", plain=True)


@bot.job
async def plain_job(ctx: Context[TimeUp]) -> int:
    return ctx.event.job_id


@bot.command(by="me", when=F.direct & F.text("x"), hidden=True)
async def order(ctx: Ctx) -> None:
    what = await ctx.ask("What shall it be?")
    assert_type(what, Context[MessageCreated])
    number = await ctx.ask("How many?", int, tries=2)
    assert_type(number, int)
    price = await ctx.ask("What price?", Decimal, timeout="1m", anyone=True)
    assert_type(price, Decimal)
    wait = await ctx.ask("When?", duration)
    assert_type(wait, timedelta)
    sent = await ctx.reply(f"{number} {what.text}, coming up.")
    assert_type(sent, Sent)
    await sent.delivered("1m")


@bot.command()
@cooldown(3, "1m", of="chat", say="Later.")
async def paint(
    ctx: Ctx,
    colour: Colour,
    how: Literal["fast", "slow"] = "fast",
    times: Annotated[int, int] = 1,
    note: str | None = None,
) -> None:
    raise Skip


@bot.command("words")
async def words(ctx: Context[MessageUpserted], *all_words: str) -> None: ...


@polls.on(ReactionAdded, when=F.chat("!id") & ~F.recovered)
async def vote(ctx: Context[ReactionAdded]) -> None:
    with ctx.state(Tally, of="message") as tally:
        assert_type(tally, Tally)
        tally.votes[ctx.event.reaction.reaction_key] += 1


@bot.on(MessageCreated, MessageEdited, when=F.text("x") | F.mentions_me)
async def two(ctx: Context[MessageCreated | MessageEdited]) -> None:
    assert_type(ctx.event.message.id, str)


@bot.on(MessageCreated, ReactionAdded, ChatUpserted, when=F.recent("5m"))
async def base_class(ctx: Context[Event]) -> None: ...


@bot.listen(MessageCreated, MessageDeleted)
async def listener(ctx: Context[MessageCreated] | Context[MessageDeleted]) -> None: ...


@bot.on(MessageCreated, when=lambda ctx: ctx.event.is_own)
async def with_lambda(ctx: Ctx) -> None: ...


@bot.on(MessageCreated, by="anyone")
async def any_of_them(ctx: Context[MessageUpserted]) -> str:
    answer = await ctx.wait_for(ReactionAdded, when=F.sender("@ann"), anyone=True)
    assert_type(answer, Context[ReactionAdded])
    return answer.event.reaction.id


async def from_work(ctx: Context[Event]) -> bool:
    return (await ctx.chat()).network == "Slack"


@Filter
def is_long(ctx: Ctx) -> bool:
    return len(ctx.text) > 100


combined: Filter[MessageCreated] = F.group & is_long & from_work & ~F.text("x")
other_way: Filter[MessageCreated] = is_long | F.direct
function_first: Filter[Event] = from_work & F.group


@bot.on(MessageCreated, when=combined)
async def combined_filters(ctx: Ctx) -> None:
    assert_type(ctx[Database], Database)
    await ctx[Database].save(ctx.match[0])


@bot.every("10m", at_start=True)
async def often(ctx: Context[TimeUp]) -> None:
    await ctx.bot.send("!id", "tick", file=b"x")


@polls.daily("08:00")
async def morning(ctx: Context[TimeUp]) -> None: ...


@bot.middleware
async def timing(ctx: Context[Event], call_next: Callable[[], Awaitable[None]]) -> None:
    await call_next()


@bot.error(APIError)
async def api_error(ctx: Context[Event], error: APIError) -> None:
    assert_type(error.message, str)


@bot.error(OutcomeUnknownError)
async def wider(ctx: Context[Event], error: Exception) -> None: ...


@polls.error(NoAnswer)
async def no_answer(ctx: Context[Event], error: NoAnswer) -> None: ...


@bot.hook("startup")
async def startup() -> None:
    bot.provide(Database(), 3)
    with bot.state(Tally, "all") as tally:
        assert_type(tally, Tally)
    bot.now(often)


async def main(client: AsyncBeeperDesktop) -> None:
    bot.include(polls, strict)
    bot.command("help")(bot.help)
    data = await (await one_context()).download()
    assert_type(data, bytes)
    await bot.run(client, wait_for_app=60)


async def one_context() -> Ctx:
    raise NotImplementedError


if __name__ == "__main__":
    asyncio.run(bot.run())
