"""What the codec reads out of model classes: names and types on the wire."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, ClassVar, Generic, Literal, TypeVar

import attrs
import pytest

from beeper_async._codec.fields import Field, fields_of, format_time, parse_time, without_none

T = TypeVar("T")


@attrs.frozen
class Shelf(Generic[T]):
    books: list[T]
    by_id: dict[str, T | None] = attrs.field(factory=dict[str, T | None])
    colour: Literal["red"] | str | None = None
    colours: list[Literal["red"] | str] | None = None
    colours_of: dict[str, Literal[5] | int] | None = None
    holes: list[int | None] | None = None
    odd: int = attrs.field(default=0, metadata={"wire": "ODD"})
    _rest: dict[str, Any] | None = None


@attrs.frozen
class IntShelf(Shelf[int]):
    pass


@attrs.frozen
class Snake:
    wire_case: ClassVar[str] = "snake"
    book_url: str


def test_each_field_has_its_name_and_its_plain_type() -> None:
    assert fields_of(IntShelf)[0] == Field("books", "books", list[int], required=True, vital=False)
    found = {one.name: (one.wire, one.type, one.required) for one in fields_of(Shelf[int])}
    assert found.pop("by_id")[0] == "byID"
    assert found == {
        "books": ("books", list[int], True),
        "colour": ("colour", str, False),
        "colours": ("colours", list[str], False),
        "colours_of": ("coloursOf", dict[str, int], False),
        "holes": ("holes", list[int | None], False),
        "odd": ("ODD", int, False),
    }


def test_a_class_may_write_its_names_as_python_does() -> None:
    assert fields_of(Snake) == (Field("book_url", "book_url", str, required=True, vital=False),)


@pytest.mark.parametrize(
    ("tp", "plain"),
    [
        (int, int),
        (int | None, int),
        (Literal["a"] | str | None, str),
        (Literal["a"] | int, Literal["a"] | int),
        (Literal["a"] | None, Literal["a"]),
        (bool | datetime | dict[str, bool], bool | datetime | dict[str, bool]),
    ],
)
def test_none_and_the_known_values_of_an_open_enum_are_taken_out(tp: Any, plain: Any) -> None:
    assert without_none(tp) == plain


@pytest.mark.parametrize(
    ("microseconds", "offset", "text"),
    [
        (0, 0, "2027-01-02T03:04:05.000Z"),
        (6000, 0, "2027-01-02T03:04:05.006Z"),
        (6001, 0, "2027-01-02T03:04:05.006001Z"),
        (0, 90, "2027-01-02T03:04:05.000+01:30"),
    ],
)
def test_a_time_is_written_as_the_app_does(microseconds: int, offset: int, text: str) -> None:
    zone = timezone(timedelta(minutes=offset)) if offset else UTC
    time = datetime(2027, 1, 2, 3, 4, 5, microseconds, zone)
    assert format_time(time) == text
    assert parse_time(text) == time
