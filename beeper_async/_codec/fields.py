"""What a model's fields are called on the wire, and what types they have there."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from types import GenericAlias, NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import attrs

SCALARS: Final = (str, bool, int, float)
ARRAYS: Final = (list, Sequence)
"""A list can be changed; what is declared as a sequence becomes a tuple."""
OBJECTS: Final = (dict, Mapping)
"""A dict can be changed; what is declared as a mapping becomes a `ReadOnlyDict`."""
_WORDS: Final = {"id": "ID", "ids": "IDs", "url": "URL"}


@cache
def wire_name(name: str) -> str:
    """Turn a Python name into its wire name: `chat_id` -> `chatID`, `img_url` -> `imgURL`."""
    first, *rest = name.split("_")
    return first + "".join(_WORDS.get(word, word.capitalize()) for word in rest)


@attrs.frozen
class Field:
    """One field of a model as the wire sees it."""

    name: str
    wire: str
    type: Any
    """The type without None, and without the known values of an open enum."""
    required: bool
    vital: bool
    """Whether a value that doesn't fit makes the whole object unreadable, though it is optional."""
    usual: bool = False
    """Whether most objects have it, though it is optional."""

    @property
    def is_expected(self) -> bool:
        """Whether it is looked for first."""
        return self.required or self.usual


class MismatchError(ValueError):
    """Raised by hooks: a value is not of the type that the reference names."""


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time. One without an offset is taken as UTC: the app's clock is."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:  # the standard allows small letters, Python doesn't
        time = datetime.fromisoformat(text.upper())
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def format_time(time: datetime) -> str:
    """Write a time as the app does: milliseconds (more only if there are), Z for UTC."""
    precision = "microseconds" if time.microsecond % 1000 else "milliseconds"
    text = time.isoformat(timespec=precision)
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def fields_of(tp: Any) -> tuple[Field, ...]:
    """List the fields of a model class, or of a generic one with its argument filled in."""
    return _fields_of(tp)


@cache
def _fields_of(tp: Any) -> tuple[Field, ...]:
    cls = get_origin(tp) or tp
    filled: dict[Any, Any] = {}
    for generic in (tp, *getattr(cls, "__orig_bases__", ())):
        parameters = getattr(get_origin(generic), "__parameters__", ())
        filled.update(zip(parameters, get_args(generic), strict=False))
    hints = get_type_hints(cls)
    usual = getattr(cls, "usual", ())
    snake = getattr(cls, "wire_case", "camel") == "snake"
    return tuple(
        Field(
            a.name,
            a.metadata.get("wire") or (a.name if snake else wire_name(a.name)),
            _with_plain_items(without_none(_fill(hints[a.name], filled))),
            a.default is attrs.NOTHING,
            bool(a.metadata.get("vital")),
            a.name in usual,
        )
        for a in attrs.fields(cls)
        if a.name != "_rest"
    )


def _fill(tp: Any, filled: Mapping[Any, Any]) -> Any:
    """Put type arguments in the place of type variables: list[T] -> list[Chat]."""
    if tp in filled:
        return filled[tp]
    if get_origin(tp) is list:
        return list[_fill(get_args(tp)[0], filled)]  # type: ignore[misc]
    return tp


def _with_plain_items(tp: Any) -> Any:
    """Take the known values of open enums out of lists and maps too."""
    origin, args = get_origin(tp), get_args(tp)
    if origin in (*ARRAYS, *OBJECTS) and NoneType not in get_args(args[-1]):
        return GenericAlias(origin, (*args[:-1], without_none(args[-1])))
    return tp


def without_none(tp: Any) -> Any:
    """Take None and, for an open enum, its known values out of a type."""
    if get_origin(tp) not in (Union, UnionType):
        return tp
    members = tuple(arg for arg in get_args(tp) if arg is not NoneType)
    bases = {arg for arg in members if arg in SCALARS}
    open_enum = [
        arg
        for arg in members
        if not (get_origin(arg) is Literal and type(get_args(arg)[0]) in bases)
    ]
    return Union[tuple(open_enum)]  # noqa: UP007 - `|` can't join a computed tuple
