"""From what somebody typed to the value that a parameter wants. Pure."""

import inspect
import types
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from enum import Enum
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin

from ..errors import InvalidInputError
from .errors import UsageError
from .spans import duration

Reader: TypeAlias = Callable[[str], Any]

# What a reader raises for a text that is not for it. `decimal.InvalidOperation` is arithmetic.
UNREADABLE: Final = (ValueError, TypeError, ArithmeticError, UsageError)

_YES: Final = frozenset({"yes", "y", "true", "on", "1"})
_NO: Final = frozenset({"no", "n", "false", "off", "0"})


def reader_of(annotation: Any) -> tuple[Reader, bool]:
    """Return how to read a text as an annotation says, and whether None stands for no text.

    Raises:
        InvalidInputError: No text can be read as that.
    """
    if annotation is inspect.Parameter.empty:
        return str, False
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of_annotated(inner)
    if origin in (Union, types.UnionType):
        readers = [reader_of(one)[0] for one in inner if one is not type(None)]
        return _first_of(readers), type(None) in inner
    if origin is Literal:
        return _of_words({str(word): word for word in inner}), False
    return _of_class(annotation), False


def _of_annotated(inner: tuple[Any, ...]) -> tuple[Reader, bool]:
    reader = next((one for one in inner[1:] if callable(one)), None)
    return (reader, False) if reader is not None else reader_of(inner[0])


def _of_class(annotation: Any) -> Reader:
    if annotation in _BUILT_IN:
        return _BUILT_IN[annotation]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        words = {str(one.value): one for one in annotation}
        return _of_words(words | {one.name: one for one in annotation})
    if isinstance(annotation, type) and _takes_a_text(annotation):
        return annotation
    raise InvalidInputError(f"An argument can't be read as {annotation!r}.")


def _takes_a_text(kind: Any) -> bool:
    """Return whether a class can be called with one text."""
    if issubclass(kind, Collection):
        return False  # it would take the text letter by letter
    try:
        signature = inspect.signature(kind)
        bound = signature.bind("")
    except ValueError:
        return True  # a class written in C, which does not say
    except TypeError:
        return False
    name = next(iter(bound.arguments))
    wanted = signature.parameters[name].annotation
    wanted = kind if wanted is inspect.Parameter.empty else wanted
    is_text = wanted in (str, "str", kind, Any, object) or str in get_args(wanted)
    return is_text or "str" in str(wanted)


def _first_of(readers: list[Reader]) -> Reader:
    def read(text: str) -> Any:
        for reader in readers[:-1]:
            try:
                return reader(text)
            except UNREADABLE:
                continue
        return readers[-1](text)

    return readers[0] if len(readers) == 1 else read


def _of_words(words: dict[str, Any]) -> Reader:
    by_key = {word.casefold(): value for word, value in words.items()}

    def read(text: str) -> Any:
        if text.casefold() not in by_key:
            raise ValueError(f"one of {', '.join(by_key)}")
        return by_key[text.casefold()]

    return read


def _int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("a whole number") from None


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError("a number") from None


def _bool(text: str) -> bool:
    word = text.casefold()
    if word not in _YES | _NO:
        raise ValueError("yes or no")
    return word in _YES


def _datetime(text: str) -> datetime:
    """Read a time of ISO 8601; one without an offset is local."""
    time = datetime.fromisoformat(text)
    return time.astimezone() if time.tzinfo is None else time


_BUILT_IN: Final[dict[Any, Reader]] = {
    str: str,
    Any: str,
    object: str,
    int: _int,
    float: _float,
    bool: _bool,
    timedelta: duration,
    datetime: _datetime,
}
