"""Commands: what counts as one, and how arguments are read."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from beeper_async import InvalidInputError, UsageError
from beeper_async.bots.commands import Arguments, arguments_of, key_of, parse_call
from beeper_async.bots.context import Ctx
from beeper_async.bots.spans import Duration, duration, seconds_of
from beeper_async.models import Chat

from ..cases import case


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"


def even(text: str) -> int:
    if int(text) % 2:
        raise UsageError("Even numbers only.")
    return int(text)


async def words(ctx: Ctx, *words: str) -> None: ...
async def rest(ctx: Ctx, *, text: str) -> None: ...


def values(call: Callable[..., Any], text: str) -> list[Any]:
    args, kwargs = arguments_of(call).read(text)
    return [*args, *kwargs.values()]


@pytest.mark.parametrize("one", case("commands"), ids=lambda one: one["text"])
def test_what_people_type(one: dict[str, Any]) -> None:
    call = parse_call(one["text"], "/", {"mybot"})
    if "command" in one:
        # There is no such name; that of another command is no part of it.
        assert call is None or call.name == one["text"][1:].casefold()
        return
    assert call is not None
    if "args" in one:
        assert values(words, call.rest) == one["args"]
    if "rest" in one:
        assert values(rest, call.rest) == [one["rest"]]
    if "note" in one:
        assert call.name == "ping"


@pytest.mark.parametrize(
    ("text", "name", "left"),
    [
        ("/ping", "ping", ""),
        ("  /ping", "ping", ""),
        ("/PING a", "ping", "a"),
        ("/ping\n a\nb ", "ping", "a\nb"),
        ("\u200b/pi\u00adng\ufe0f x", "ping", "x"),
        ("/cafe\u0301", "café", ""),
        ("/ping@mybot x", "ping", "x"),
        ("/ping@MyBot", "ping", ""),
        ("/ping@other", None, ""),
        ("/ping@", None, ""),
        ("/", None, ""),
        ("/ ping", None, ""),
        ("ping", None, ""),
        ("please /ping", None, ""),
        ("", None, ""),
    ],
)
def test_what_a_command_is(text: str, name: str | None, left: str) -> None:
    call = parse_call(text, "/", {"mybot"})
    assert (None if call is None else (call.name, call.rest)) == (name and (name, left))


def test_other_prefixes() -> None:
    for prefix in ("!", "bot:", "⚙️"):
        call = parse_call(f"{prefix}go now", prefix)
        assert call is not None
        assert (call.name, call.rest) == ("go", "now")
    assert parse_call("/go", "!") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a  b", ["a", "b"]),
        ('"a b" c', ["a b", "c"]),
        ("“a b” „c d“ «e f» „g h”", ["a b", "c d", "e f", "g h"]),
        ("it's \"fine", ["it's", '"fine']),
        ('a"b c" d', ['a"b', 'c"', "d"]),
        ('"a" b"', ["a", 'b"']),
        ('""', [""]),
        ("   ", []),
    ],
)
def test_words_and_quotes(text: str, found: list[str]) -> None:
    assert values(words, text) == found


@given(st.lists(st.text(alphabet='ab "“”„«»\n')))
def test_any_text_is_taken_apart(parts: list[str]) -> None:
    text = " ".join(parts)
    bare = str.maketrans("", "", ' \n"“”„«»')
    assert "".join(values(words, text)).translate(bare) == text.translate(bare)


def test_a_hostile_text_takes_no_longer_than_it_is_long() -> None:
    # If it grew with the square, this would end with the time limit of a test.
    assert len(values(words, '"a ' * 300_000)) == 300_000


async def many(
    ctx: Ctx,
    number: int,
    amount: float,
    price: Decimal,
    yes: bool,
    span: timedelta,
    at: datetime,
    colour: Colour,
    how: Literal["fast", 2],
    key: UUID,
    path: Path,
    own: Annotated[str, str.upper],
    either: int | str,
    count: int = 7,
    maybe: float | None = None,
) -> None: ...


def test_every_kind_of_argument() -> None:
    text = (
        "3 1.5 2.50 yes 1h30m 2026-05-10T12:00:00Z red FAST "
        "12345678-1234-5678-1234-567812345678 a/b up x"
    )
    assert values(many, text) == [
        *(3, 1.5, Decimal("2.50"), True, timedelta(minutes=90)),
        *(datetime(2026, 5, 10, 12, tzinfo=UTC), Colour.RED, "fast"),
        *(UUID("12345678-1234-5678-1234-567812345678"), Path("a/b"), "UP", "x", 7, None),
    ]
    assert values(many, text + " 8 9")[-2:] == [8, 9.0]
    assert arguments_of(many).usage.endswith("<either> [count] [maybe]")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "<delay> is missing."),
        ("soon buy milk", "<delay> can't be 'soon' (not a length of time such as 10m or 1h30m)."),
        ("10m", "<text ...> is missing."),
    ],
)
def test_what_is_wrong_is_named(text: str, problem: str) -> None:
    async def remind(ctx: Ctx, delay: Duration, *, text: str) -> None: ...

    with pytest.raises(UsageError) as caught:
        arguments_of(remind).read(text)
    assert str(caught.value) == problem


def test_too_many_and_choices() -> None:
    async def paint(ctx: Ctx, colour: Colour, sure: bool = False) -> None: ...

    with pytest.raises(UsageError, match="more than it takes"):
        values(paint, "red yes please")
    with pytest.raises(UsageError, match=r"can't be 'green' \(one of r, b, red, blue\)"):
        values(paint, "green")
    with pytest.raises(UsageError, match=r"\[sure\] can't be 'perhaps' \(yes or no\)"):
        values(paint, "red perhaps")


def test_a_reader_may_refuse_in_its_own_words() -> None:
    async def take(ctx: Ctx, number: Annotated[int, even]) -> None: ...

    assert values(take, "4") == [4]
    with pytest.raises(UsageError, match="Even numbers only"):
        values(take, "3")


class Database:
    def __init__(self, size: int, name: str) -> None: ...


class Wrapped:
    def __init__(self, inner: Database) -> None: ...


@pytest.mark.parametrize("kind", [Chat, Database, Wrapped, list[int], dict, Callable[[], None]])
def test_what_no_text_can_be_is_refused_at_once(kind: Any) -> None:
    async def take(ctx: Ctx, thing: Any) -> None: ...

    take.__annotations__["thing"] = kind
    with pytest.raises(InvalidInputError):
        arguments_of(take)


def test_signatures_that_no_command_has() -> None:
    async def nothing() -> None: ...
    async def keywords(ctx: Ctx, **more: str) -> None: ...
    async def two_rests(ctx: Ctx, *, one: str, two: str) -> None: ...
    async def words_and_rest(ctx: Ctx, *words: str, text: str) -> None: ...
    async def unknown(ctx: Ctx, thing: "Nowhere") -> None: ...  # type: ignore[name-defined]  # noqa: F821, UP037

    calls: list[Any] = [nothing, keywords, two_rests, words_and_rest, unknown]
    for call in calls:
        with pytest.raises(InvalidInputError):
            arguments_of(call)


def test_names_are_compared_without_what_nobody_sees() -> None:
    assert key_of("P\u200bing") == key_of("ping") == "ping"
    assert key_of("STRASSE") == key_of("straße")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10m", 600),
        ("1h30m", 5400),
        ("90 s", 90),
        ("1.5h", 5400),
        ("2 days", 172_800),
        ("1w", 604_800),
    ],
)
def test_lengths_of_time(text: str, seconds: float) -> None:
    assert duration(text) == timedelta(seconds=seconds)
    assert seconds_of("span", text) == seconds


@pytest.mark.parametrize("wrong", ["", "10", "m", "1h x", "-1m", "1y", "9999999w", -1, True, None])
def test_what_is_no_length_of_time(wrong: Any) -> None:
    with pytest.raises(InvalidInputError, match="span must be a length of time"):
        seconds_of("span", wrong)


def test_arguments_of_nothing() -> None:
    assert Arguments(()).usage == ""
