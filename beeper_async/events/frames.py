"""What the frames of the socket hold. Pure."""

from datetime import UTC, datetime
from typing import Any, TypeAlias, cast

from .._codec.fields import parse_time
from .._codec.json_text import JSONError, holds_long_integer, loads, loads_exactly
from .._codec.json_values import as_object

Frame: TypeAlias = dict[str, Any]


def parsed(text: bytes) -> Frame | None:
    """Read a frame; None if it is no JSON object."""
    try:
        frame = loads(text)
    except JSONError:
        return None
    return cast("Frame", frame) if isinstance(frame, dict) else None


def exact(text: bytes, frame: Frame) -> Frame:
    """Return a frame with integers of any size, which `parsed` reads as floats. Slower."""
    if not holds_long_integer(text):
        return frame
    try:
        value = loads_exactly(text)
    except JSONError:
        return frame
    return cast("Frame", value) if isinstance(value, dict) else frame


def time_of(frame: Frame) -> datetime | None:
    """Return when the app told an event: it writes times as text or as milliseconds."""
    ts: Any = frame.get("ts")
    try:
        if isinstance(ts, str):
            return parse_time(ts)
        return None if ts is None else datetime.fromtimestamp(ts / 1000, UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def raw_time(record: object) -> float | None:
    """Return when a message was sent that can't be read, as seconds since 1970; None if unknown."""
    value = as_object(record).get("timestamp")
    try:
        return parse_time(value).timestamp() if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def seq_of(frame: Frame) -> int | None:
    """Return the number of an event; None if it has none."""
    seq = frame.get("seq")
    return seq if isinstance(seq, int) else None


def id_of(value: Any) -> str | None:
    """Return an ID if it can be one that the app can be asked about."""
    return value if isinstance(value, str) and value not in ("", ".", "..") else None


def id_in(record: object) -> str | None:
    """Return the ID of a record, if it is an object with one."""
    return id_of(as_object(record).get("id"))


def ids_of(frame: Frame) -> list[str]:
    """Return the IDs of what changed."""
    return [one for one in map(id_of, list_in(frame, "ids")) if one]


def list_in(frame: Frame, name: str) -> list[Any]:
    """Return a list that a frame holds; an empty one if it holds something else there."""
    value: list[Any] | Frame | str | float | None = frame.get(name)
    return value if isinstance(value, list) else []
