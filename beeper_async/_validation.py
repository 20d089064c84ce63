"""Checks of what the user hands in, so that bad input is refused before anything is sent.

All checks, but for those of what every call needs, let `omit` and None through; whether None is
legal is the endpoint's affair.

What is refused may be a message or a secret. So no check leaves it in a frame of its exception:
tools that report errors show the variables of every frame.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, Literal, ParamSpec, TypeVar, cast, get_args, get_origin

import attrs

from ._codec.decoder import problems
from ._codec.fields import Field, fields_of
from ._codec.json_values import is_object
from ._omit import Omit
from .errors import InvalidInputError
from .models.base import Model

P = ParamSpec("P")
T = TypeVar("T")


def hides_values(check: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function so that no frame of its refusal holds what it was given."""

    @wraps(check)
    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return check(*args, **kwargs)
        except InvalidInputError as error:
            del args, kwargs
            error.__context__ = None  # leads to frames as well
            raise error.with_traceback(None) from None

    return checked


@hides_values
def check_time(name: str, value: Any) -> Any:
    """Write a time for the app. One without an offset could mean any hour, so it is refused."""
    if value is None or isinstance(value, Omit):
        return value
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise InvalidInputError(f"{name} is not an RFC 3339 time.") from None
    if not isinstance(time, datetime):
        raise InvalidInputError(f"{name} must be a datetime, not {type(time).__name__}.")
    if time.utcoffset() is None:
        raise InvalidInputError(
            f"{name} has no time zone. Write datetime(..., tzinfo=timezone.utc), or call "
            ".astimezone() on a local time."
        )
    return value if isinstance(value, str) else time.isoformat()


@hides_values
def check_moment(name: str, value: Any) -> datetime:
    """Check a time that is needed here, as an object with an offset."""
    if not isinstance(value, datetime):
        raise InvalidInputError(f"{name} must be a datetime, not {type(value).__name__}.")
    check_time(name, value)
    return value


@hides_values
def check_range(name: str, value: Any, low: int, high: int | None = None) -> Any:
    """Check an integer parameter against its limits."""
    if value is None or isinstance(value, Omit):
        return value
    limits = f"{low} or more" if high is None else f"from {low} to {high}"
    integer = isinstance(value, int) and not isinstance(value, bool)
    if not integer or value < low or (high is not None and value > high):
        raise InvalidInputError(f"{name} must be an integer, {limits}.")
    return value


@hides_values
def check_seconds(name: str, value: Any) -> Any:
    """Check a length of time."""
    if value is None or isinstance(value, Omit):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise InvalidInputError(f"{name} must be seconds, 0 or more.")
    return value


@hides_values
def check_choice(name: str, value: Any, *allowed: str) -> Any:
    """Check a parameter that takes one of a few words."""
    if value is None or isinstance(value, Omit) or value in allowed:
        return value
    raise InvalidInputError(f"{name} must be one of {', '.join(map(repr, allowed))}.")


@hides_values
def check_choices(name: str, value: Any, *allowed: str) -> Any:
    """Check a list of words, each one of a few."""
    words = check_text_list(name, value)
    for word in () if words is None or isinstance(words, Omit) else words:
        check_choice(name, word, *allowed)
    return words


@hides_values
def check_any_given(**values: Any) -> None:
    """Check that not all of some parameters were left out or left empty."""
    if not any(values.values()):
        raise InvalidInputError(f"One of {', '.join(values)} is needed.")


@hides_values
def check_max_length(name: str, value: Any, longest: int) -> Any:
    """Check the length of a text, which may be exactly the longest."""
    if value is None or isinstance(value, Omit) or len(value) <= longest:
        return value
    raise InvalidInputError(f"{name} must have {longest:,} characters at most.")


@hides_values
def check_not_empty(name: str, value: Any) -> Any:
    """Check that a text or a list has something in it."""
    if value is None or isinstance(value, Omit) or len(value) > 0:
        return value
    raise InvalidInputError(f"{name} must not be empty.")


@hides_values
def check_text_list(name: str, value: Any, *, may_be_empty: bool = False) -> Any:
    """Check a list of texts, and take it out of an iterator once.

    A single text would be taken letter by letter, and a dict without its values, so both are
    refused. So is an empty list, which would be sent as no filter at all.
    """
    if value is None or isinstance(value, Omit):
        return value
    texts = check_list(name, value, "texts, e.g. ['a', 'b']")
    if not all(isinstance(text, str) for text in texts):
        raise InvalidInputError(f"{name} must be a list of texts, e.g. ['a', 'b'].")
    if not texts and not may_be_empty:
        raise InvalidInputError(
            f"{name} must not be empty: the app would take that for all. Leave it out for all."
        )
    return texts


@hides_values
def check_list(name: str, value: Any, of: str) -> list[Any]:
    """Take the items of any iterable, but for those that aren't meant as a list."""
    if not isinstance(value, Iterable) or isinstance(
        value, str | bytes | bytearray | memoryview | Mapping
    ):
        raise InvalidInputError(f"{name} must be a list of {of}.")
    items: list[Any] = list(cast("Any", value))
    return items


@hides_values
def check_text_map(name: str, value: Any) -> Any:
    """Check a dict of texts. Its values may be secrets, so none is named when refused."""
    if value is None or isinstance(value, Omit):
        return value
    if is_object(value) and all(isinstance(text, str) for kv in value.items() for text in kv):
        return dict(value)
    raise InvalidInputError(f"{name} must be a dict of texts, e.g. {{'phone': '+14155550100'}}.")


@hides_values
def check_plain_id(name: str, value: Any) -> str:
    """Check an ID that the app limits to letters, digits, `-` and `_`."""
    if isinstance(value, str) and re.fullmatch("[A-Za-z0-9_-]+", value):
        return value
    raise InvalidInputError(f"{name} must be made of letters from A to Z, digits, - and _ alone.")


@hides_values
def check_consent(name: str, value: Any) -> Literal[True]:
    """Check a consent, which only a plain True can give."""
    if value is True:
        return True
    raise InvalidInputError(f"{name} must be True, and that is for the user to say.")


@hides_values
def check_bool(name: str, value: Any) -> Any:
    """Check a parameter that is True or False."""
    if value is None or isinstance(value, bool | Omit):
        return value
    raise InvalidInputError(f"{name} must be True or False, not {type(value).__name__}.")


@hides_values
def check_optional_input(cls: type[T], name: str, value: Any) -> T | None | Omit:
    """Make a nested parameter that may be left out or None; see `check_input`."""
    return value if value is None or isinstance(value, Omit) else check_input(cls, name, value)


@hides_values
def check_input(cls: type[T], name: str, value: T | Mapping[str, Any]) -> T:
    """Make a nested parameter from its class or from a dict with Python names, fully checked."""
    fields = {field.name: field for field in fields_of(cls)}
    if is_object(value):
        given = dict(value)
    elif isinstance(value, cls):
        given = _values_of(value, fields)
    else:
        raise InvalidInputError(f"{name} must be a {cls.__name__} or a dict of its fields.")
    if unknown := given.keys() - fields.keys():
        raise InvalidInputError(
            f"{name} has no field {sorted(map(str, unknown))[0]!r}; it has {', '.join(fields)}."
        )
    built: dict[str, Any] = {}
    for field in fields.values():
        part = given.get(field.name)
        if part is not None and not isinstance(part, Omit):
            built[field.name] = _part_of(field.type, f"{name}.{field.name}", part)
        elif field.required:
            raise InvalidInputError(f"{name}.{field.name} is missing.")
    if isinstance(value, Model) and value.extra:
        built["extra"] = value.extra
    return cls(**built)


def _values_of(value: Any, fields: Mapping[str, Field]) -> dict[str, Any]:
    return {name: getattr(value, name) for name in fields}


def _part_of(tp: Any, name: str, value: Any) -> Any:
    if attrs.has(tp):
        return check_input(tp, name, value)
    if get_origin(tp) is dict and is_object(value):
        item = get_args(tp)[1]
        return {key: _part_of(item, f"{name}[{key!r}]", part) for key, part in value.items()}
    if tp is datetime:
        text = check_time(name, value)
        return value if isinstance(value, datetime) else datetime.fromisoformat(text)
    for problem in problems(tp, value, name):
        raise InvalidInputError(f"{problem}.")
    return value
