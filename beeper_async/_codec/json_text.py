"""JSON as apps write it: bytes to Python values, and back to text. Pure.

orjson reads nearly everything. Where it refuses, the text is read a second time, with what is known
of apps: JavaScript writes half of a surrogate pair as an escape, and some writers begin with a byte
order mark.
"""

import json
import re
from typing import Any, Final, NoReturn

import orjson

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
# A backslash that stands for itself is skipped, a whole pair is kept, a lone half is the group.
_SURROGATES: Final = re.compile(
    rb"\\\\"
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_REPLACEMENT: Final = rb"\ufffd"
_LONG_INTEGER: Final = re.compile(rb"(?<![0-9.\"+-])-?[0-9]{19,}(?![0-9.eE])")
_DIGITS_AS_ZEROS: Final = bytes.maketrans(b"123456789", b"000000000")
_MANY_DIGITS: Final = b"0" * 19
LARGEST: Final = 2.0**63
"""Integers beyond it come as floats."""


class JSONError(ValueError):
    """Bytes that are no JSON. Its text names the reason, never the content."""


def dumps(value: Any, *, indent: bool) -> str:
    """Write parsed JSON as text, on one line or indented by two spaces.

    orjson writes nearly everything. It refuses what is nested deeper than it goes, integers beyond
    64 bits and lone surrogates: those are written here.

    Raises:
        TypeError: Something in it is no JSON.
    """
    try:
        return orjson.dumps(value, None, orjson.OPT_INDENT_2 if indent else None).decode()
    except TypeError:
        return "".join(_written(value, indent=indent))


def _written(value: Any, *, indent: bool) -> list[str]:
    """Write JSON however deeply it is nested: with a stack of what is still to be written."""
    pieces: list[str] = []
    pending: list[tuple[Any, int | None]] = [(value, 0)]
    while pending:
        one, depth = pending.pop()
        if depth is None:
            pieces.append(one)  # punctuation and names
        elif one.__class__ in (dict, list) and one:
            pending += reversed(_parts(one, depth, indent=indent))
        else:
            pieces.append(_leaf(one))
    return pieces


def _parts(container: Any, depth: int, *, indent: bool) -> list[tuple[Any, int | None]]:
    """Return what a container that is not empty is written of: text, and values at a depth."""
    is_object = container.__class__ is dict
    inner, outer = (("\n" + "  " * level if indent else "") for level in (depth + 1, depth))
    colon = ": " if indent else ":"
    parts: list[tuple[Any, int | None]] = []
    before = "{" if is_object else "["
    for key in container:
        name = _leaf_name(key) + colon if is_object else ""
        parts += [(before + inner + name, None), (container[key] if is_object else key, depth + 1)]
        before = ","
    return [*parts, (outer + ("}" if is_object else "]"), None)]


def _leaf_name(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError("names in JSON must be text")
    return _leaf(key)


def _leaf(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value)


def loads(received: bytes) -> Any:
    """Parse JSON. Lone surrogates become U+FFFD.

    Integers beyond 64 bits become floats, for that is how orjson reads them. Whatever meets such a
    float (see `holds_large_float`) parses the text again with `loads_exactly`.

    Raises:
        JSONError: The bytes are no JSON, or are nested too deeply.
    """
    try:
        return orjson.loads(received)
    except orjson.JSONDecodeError:
        repaired = _repaired(received)
    try:
        return orjson.loads(repaired)
    except orjson.JSONDecodeError as error:
        raise JSONError(error.msg) from None


def loads_exactly(received: bytes) -> Any:
    """Parse JSON like `loads`, but keep integers of any size. Slower.

    Raises:
        JSONError: The bytes are no JSON, or are nested too deeply.
    """
    if not holds_long_integer(received):
        return loads(received)
    try:
        return json.loads(_repaired(received), parse_constant=_refuse)
    except RecursionError:
        raise JSONError("nested too deeply") from None
    except ValueError as error:
        raise JSONError(getattr(error, "msg", "a number can't be read")) from None


def holds_long_integer(received: bytes) -> bool:
    """Return whether a text holds an integer that may be beyond 64 bits."""
    # Without so many digits there is none, which is seen in a tenth of the time.
    has_many_digits = _MANY_DIGITS in received.translate(_DIGITS_AS_ZEROS)
    return has_many_digits and _LONG_INTEGER.search(received) is not None


def holds_large_float(value: Any) -> bool:
    """Return whether a value is or holds a float that may have been an integer beyond 64 bits."""
    values: list[Any] = [value]
    for one in values:  # which grows meanwhile
        if one.__class__ is dict:
            values += one.values()
        elif one.__class__ is list:
            values += one
        elif one.__class__ is float and not -LARGEST < one < LARGEST:
            return True
    return False


def _repaired(received: bytes) -> bytes:
    text = received.removeprefix(_BYTE_ORDER_MARK)
    text = _SURROGATES.sub(lambda match: _REPLACEMENT if match[1] else match[0], text)
    return text.decode(errors="replace").encode()


def _refuse(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")
