"""Plays random scripts with bots that answer to everything, and looks whether one answers itself.

python -m tests.bots.scripts [number] [seed]

People write, react, edit and delete, on this device and on others; the program sends beside its
bots; bots are stopped, and killed. Every event that a bot caused must count as `bot`, and every
other one must be heard.
"""

from __future__ import annotations

import asyncio
import logging
import random
import sys
import tempfile
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final
from unittest import mock

from attrs import define, field
from hypothesis import HealthCheck, given, seed, settings, strategies as st

from beeper_async import (
    AsyncBeeperDesktop,
    BeeperDesktopError,
    Bot,
    Context,
    Event,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    MessageUpserted,
    ReactionAdded,
    ReactionRemoved,
)
from beeper_async.bots import run as bots_run

from .rig import as_after_a_crash
from .small_app import Feeds, Manners, SmallApp

CHATS: Final = ("!one:beeper.com", "!two:beeper.com")
TEXTS: Final = ("yes", "no", "**yes**", "")
KEYS: Final = ("👍", "❤\ufe0f")
_ROUNDS: Final = 20_000
_BATCH: Final = 500

Step = tuple[Any, ...]


@define
class Script:
    """What happens, and how the app behaves meanwhile."""

    manners: Manners
    bots: int
    steps: list[Step]

    @property
    def is_blind(self) -> bool:
        """Whether a message of a bot may be recognised by its look alone."""
        manners = self.manners
        return manners.loses_answers or manners.forgets_pending or ("crash",) in self.steps


causes = st.sampled_from(["others", "me"])
numbers = st.integers(0, 5)
steps: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("write"), causes, st.sampled_from(CHATS), st.sampled_from(TEXTS)),
    st.tuples(st.just("write"), causes, st.sampled_from(CHATS), st.sampled_from(TEXTS)),
    st.tuples(st.just("program"), st.sampled_from(CHATS), st.sampled_from(TEXTS)),
    st.tuples(st.just("edit"), causes, numbers, st.sampled_from(TEXTS)),
    st.tuples(st.just("react"), causes, numbers, st.sampled_from(KEYS)),
    st.tuples(st.just("unreact"), causes, numbers, st.sampled_from(KEYS)),
    st.tuples(st.just("delete"), causes, numbers),
    st.tuples(st.just("wait"), numbers),
    st.just(("confirm",)),
    st.just(("stop",)),
    st.just(("crash",)),
)


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """Scripts in which one can tell in principle who did what."""
    played = draw(st.lists(steps, min_size=1, max_size=12))
    lateness = draw(st.sampled_from([0, 1, 3, 10, 40]))
    loses, forgets = draw(st.booleans()), draw(st.booleans())
    # What has neither a known ID nor its own text, nobody can recognise.
    is_blind = loses or forgets or ("crash",) in played
    manners = Manners(
        lateness=lateness,
        changes_text=not is_blind and draw(st.booleans()),
        loses_answers=loses,
        forgets_pending=forgets,
        # Without an answer, nothing connects the two IDs but an event.
        confirms_later=draw(st.booleans()),
        says_is_sender=draw(st.booleans()),
        lists_accounts=draw(st.booleans()),
    )
    if not manners.says_is_sender or not manners.lists_accounts:
        # One of the two has to say who the user is.
        manners.says_is_sender, manners.lists_accounts = manners.lists_accounts, True
    return Script(manners, draw(st.integers(1, 2)), played)


@define
class Player:
    """Plays a script.

    Args:
        script: The script.
        folder: For the stores of the bots.
    """

    script: Script
    folder: Path
    problems: list[str] = field(factory=list[str])
    heard: set[int] = field(factory=set[int])
    answers: int = 0
    app: SmallApp = field(init=False)
    sides: list[Side] = field(init=False, factory=list["Side"])

    async def play(self) -> None:
        """Play it, and raise AssertionError if something is wrong."""
        self.app = SmallApp(self.script.manners)
        client = self.app.client()
        self.sides = [Side(self, client, f"{n}.db") for n in range(self.script.bots)]
        try:
            await self.begin()
            for number, step in enumerate(self.script.steps):
                await self.do(step, number)
            self.app.confirm()
            await self.come_to_rest()
        finally:
            for side in self.sides:
                await side.end()
        self.check()

    async def do(self, step: Step, number: int) -> None:
        app = self.app
        match step:
            case ("write", cause, chat_id, text):
                app.write(chat_id, text, cause)
            case ("program", chat_id, text):
                self.sides[0].send_beside(chat_id, self.own_text(text))
            case ("edit", cause, nth, text):
                app.edit_one(nth, f"{text} {number}", cause)
            case ("react", cause, nth, key):
                if message := self.nth(nth):
                    app.react(message, key, cause)
            case ("unreact", cause, nth, key):
                if message := self.nth(nth):
                    app.unreact(message, key, cause)
            case ("delete", cause, nth):
                message = app._of(cause, nth)
                if message and app.author_of(message.id) == cause:
                    app.delete(message, cause)
            case ("wait", rounds):
                for _ in range(rounds * rounds):
                    await asyncio.sleep(0)
            case ("confirm",):
                app.confirm()
            case ("stop",):
                await self.restart(crashed=False)
            case ("crash",):
                await self.restart(crashed=True)
            case _:
                raise ValueError(step)

    def nth(self, nth: int) -> Any:
        messages = list(self.app.messages.values())
        return messages[nth % len(messages)] if messages else None

    def own_text(self, text: str) -> str:
        """Return a text for a bot: one of its own if nothing else tells it apart."""
        self.answers += 1
        return f"answer {self.answers} {text}" if self.script.is_blind else text or "yes"

    async def restart(self, *, crashed: bool) -> None:
        if crashed:
            for side in self.sides:  # all in the same moment
                side.crash()
        for side in self.sides:
            await side.end()
        client = self.app.client()
        for side in self.sides:
            side.client = client
        await self.begin()

    async def begin(self) -> None:
        """Let all bots run, which a program does at the same time."""
        await asyncio.gather(*(side.begin() for side in self.sides))

    async def come_to_rest(self) -> None:
        for _ in range(_ROUNDS):
            if not self.app.calls and all(side.is_idle for side in self.sides):
                return
            await asyncio.sleep(0)
        self.problems.append("the bots don't come to rest")

    # -- what the bots hear -------------------------------------------------------------------

    def hears(self, event: Event, by: str) -> bool:
        """Note what a bot hears; return whether it is to answer."""
        number, cause = next(
            (number, cause)
            for number, (one, cause) in enumerate(self.app.events)
            if _key(one) == _key(event)
        )
        self.heard.add(number)
        if cause == "bot":
            self.problems.append(f"a bot has heard what a bot did: {_key(event)[:3]}")
        elif cause != by:
            self.problems.append(f"{by} instead of {cause}: {_key(event)[:3]}")
        return self.answers < 30

    def check(self) -> None:
        """Raise AssertionError if something is wrong."""
        assert self.problems == [], self.problems
        unheard = [
            _key(event)[:3]
            for number, (event, cause) in enumerate(self.app.events)
            if cause != "bot" and number not in self.heard and not self._may_be_unheard(event)
        ]
        assert unheard == [], unheard

    def _may_be_unheard(self, event: Event) -> bool:
        """Return whether a bot may take something for its own."""
        if not isinstance(event, ReactionAdded | ReactionRemoved):
            return False
        # It has tried to do the same.
        done = (event.message.sort_key, type(event).__name__, event.reaction.reaction_key)
        return done in self.app.tries


def _key(event: Event) -> tuple[Any, ...]:
    if isinstance(event, MessageUpserted):
        reaction = getattr(event, "reaction", None)
        message = event.message
        key = (reaction.participant_id, reaction.reaction_key) if reaction else ()
        return type(event).__name__, message.id, key, message.text, id(message)
    assert isinstance(event, MessageDeleted)
    return type(event).__name__, event.message_id, "", "", 0


class Side:
    """One bot, over its restarts."""

    def __init__(self, player: Player, client: AsyncBeeperDesktop, store: str) -> None:
        self.client = client
        self._player = player
        self._feeds = Feeds(player.app)
        is_kept = bool({("stop",), ("crash",)} & set(player.script.steps))
        self._store = player.folder / store if is_kept else None
        self._crashes = 0
        self._run: asyncio.Task[None] | None = None
        self._beside: set[asyncio.Task[Any]] = set()

    async def begin(self) -> None:
        self._bot = answering(self._player, self._store)
        self._feeds.now = None
        _FEEDS.set(self._feeds)
        self._run = asyncio.create_task(self._bot.run(self.client))
        while self._feeds.now is None:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0)

    def send_beside(self, chat_id: str, text: str) -> None:
        """Send something as the program does, beside its bot."""

        async def send() -> None:
            with suppress(BeeperDesktopError):
                await self.client.messages.send(chat_id, text=text)

        task = asyncio.create_task(send())
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    @property
    def is_idle(self) -> bool:
        feed = self._feeds.now
        return not self._beside and feed is not None and feed.is_idle

    def crash(self) -> None:
        """Keep the store as it is now, and end without a word."""
        if self._store is not None:
            self._crashes += 1
            self._store = as_after_a_crash(self._store, f"{self._crashes} {self._store.name}")
        caller: Any = self.client._caller
        caller.is_dead = True
        for task in (self._run, *self._beside):
            if task is not None:
                task.cancel()

    async def end(self) -> None:
        """Stop the bot, if it has not crashed, and wait for its end."""
        if self._run is None:
            return
        if self._beside:
            await asyncio.wait(self._beside)  # a bot that has stopped keeps nothing
        self._bot.stop()
        await asyncio.wait([self._run])
        run, self._run = self._run, None
        if not run.cancelled():
            await run


def answering(player: Player, store: Path | None) -> Bot:
    """Return a bot that answers to everything."""
    bot = Bot(store=store, sends_per_minute=None, sends_per_chat=None)

    @bot.on(MessageUpserted, MessageDeleted, by="anyone")
    async def answer(ctx: Context[MessageUpserted] | Context[MessageDeleted]) -> None:
        event = ctx.event
        if not player.hears(event, ctx.by):
            return
        reactions = ctx.client.chats.messages.reactions
        chat_id, message_id = event.chat_id, event.message_id
        if isinstance(event, ReactionAdded):
            key = event.reaction.reaction_key
            await reactions.add(message_id, chat_id=chat_id, reaction_key=KEYS[key == KEYS[0]])
        elif isinstance(event, ReactionRemoved):
            await reactions.delete(
                message_id, chat_id=chat_id, reaction_key=event.reaction.reaction_key
            )
        elif isinstance(event, MessageEdited) and ctx.by == "me":
            await ctx.client.messages.update(
                message_id, chat_id=chat_id, text=player.own_text(ctx.text) + " more"
            )
        elif isinstance(event, MessageCreated | MessageEdited):
            text = player.own_text(ctx.text)
            if len(ctx.text) % 2:
                await ctx.reply(text)
            else:
                await ctx.client.messages.send(chat_id, text=text)

    return bot


_FEEDS: ContextVar[Feeds] = ContextVar("_FEEDS")
"""The events of the bot that is about to run."""


def _open_feed(client: AsyncBeeperDesktop, **options: Any) -> Any:
    return _FEEDS.get().open(client, **options)


def play(script: Script) -> None:
    """Play a script in a loop of its own."""
    # Not on a disk: it is not the disk that is tested.
    memory = Path("/dev/shm")
    with (
        tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder,
        mock.patch.object(bots_run, "open_feed", _open_feed),
    ):
        asyncio.run(Player(script, Path(folder)).play())


def play_many(number: int, first: int) -> None:
    """Play so many random scripts."""

    @seed(first)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        print_blob=False,
        report_multiple_bugs=False,
    )
    @given(scripts())
    def game(script: Script) -> None:
        play(script)

    game()


def main() -> None:
    """Play as many as the command line says."""
    logging.disable()
    numbers = [int(word) for word in sys.argv[1:]]
    number, first = [*numbers, *[10_000, random.randrange(2**24)][len(numbers) :]]
    # In batches: hypothesis remembers all that it has played, and becomes slow.
    for begin in range(0, number, _BATCH):
        batch = first + begin // _BATCH
        print(f"seed {batch}: scripts from {begin} on", flush=True)
        play_many(min(_BATCH, number - begin), batch)


if __name__ == "__main__":
    main()
