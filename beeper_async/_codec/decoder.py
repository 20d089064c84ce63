"""From parsed JSON to models: whole where it fits, and without the smallest unit that doesn't.

The strict functions of `converter` do the work. What they refuse is walked here:

- An optional field that doesn't fit becomes None. Its JSON is kept: see `Model.misfits`.
- A bad entry of a list or map is left out; the JSON of the whole list or map is kept.
- A bad required field makes its object unreadable, and so does one that is vital. That passes up to
  the nearest optional field, entry or item.

Each place is named by its path on the wire, e.g. `items[3].unreadCount`, and never its value.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, Final, Generic, TypeVar, Union, get_args, get_origin

import attrs

from .converter import MISFITS, structure_function
from .decoder_source import is_spelled
from .errors import DecodeError
from .fields import ARRAYS, OBJECTS, fields_of, without_none
from .read_only import ReadOnlyDict

T = TypeVar("T")

UNREADABLE: Final = object()
"""What the walk returns in the place of a value that can't be read at all."""


@attrs.frozen
class Misfit:
    """A value that could not be decoded as it is."""

    index: int | None
    """Position of the item on its page; None for what is no item."""
    problems: tuple[str, ...]
    raw: Any = attrs.field(repr=False)
    item: Any = attrs.field(default=None, repr=False)
    """What could be read of it; None if nothing could."""


@attrs.frozen
class Decoded(Generic[T]):
    """A decoded value, and what of it did not fit."""

    value: T
    misfits: tuple[Misfit, ...] = ()
    was_walked: bool = False
    """Whether a strict function refused something, be it only a float of unusual size."""


def decode(tp: type[T], value: Any) -> T:
    """Build `tp` (a model, a list of models, or any other JSON type) from parsed JSON.

    Raises:
        DecodeError: Something doesn't fit.
    """
    decoded = decode_leniently(tp, value)
    if decoded.misfits:
        raise DecodeError([one for misfit in decoded.misfits for one in misfit.problems])
    return decoded.value


def decode_leniently(tp: type[T], value: Any) -> Decoded[T]:
    """Build `tp` from parsed JSON without what doesn't fit.

    The entries of a list are records of their own, like the items of a page.

    Raises:
        DecodeError: Nothing of it can be read.
    """
    try:
        return Decoded(structure_function(tp)(value, tp))
    except MISFITS:
        if get_origin(tp) is list and value.__class__ is list:
            return _decode_entries(get_args(tp)[0], value)
        found: list[str] = []
        built = _walk(tp, value, "", found)
    if built is UNREADABLE:
        raise DecodeError(found)
    misfits = (Misfit(None, tuple(found), value, built),) if found else ()
    return Decoded(built, misfits, was_walked=True)


def decode_page(tp: type[T], value: Any) -> Decoded[T]:
    """Build a page, whose list of items is emptied on the way.

    What was built lets go of its JSON, so the next item goes into memory that the processor still
    has at hand, and the garbage collector runs half as often. An item that doesn't fit is walked by
    itself; the others are untouched.

    Raises:
        DecodeError: It is no page.
    """
    items: Any = value.get("items") if value.__class__ is dict else None
    if items.__class__ is not list:
        raise DecodeError(list(problems(tp, value)))
    item_type: Any = next(get_args(f.type)[0] for f in fields_of(tp) if f.name == "items")
    envelope = decode_leniently(tp, {**value, "items": []})
    build = structure_function(item_type)
    built: list[Any] = []
    misfits = list(envelope.misfits)
    was_walked = envelope.was_walked
    size = len(items)
    items.reverse()
    while items:
        raw = items.pop()
        try:
            built.append(build(raw, item_type))
        except MISFITS:
            was_walked = True
            index = size - len(items) - 1
            misfit = _misfit(item_type, raw, index, f"items[{index}]")
            if misfit.problems:
                misfits.append(misfit)
            if misfit.item is not None:
                built.append(misfit.item)
    page: T = attrs.evolve(envelope.value, items=built)  # type: ignore[misc]
    return Decoded(page, tuple(misfits), was_walked)


def _decode_entries(item_type: Any, entries: list[Any]) -> Decoded[Any]:
    walked = [_misfit(item_type, raw, at, f"[{at}]") for at, raw in enumerate(entries)]
    built = [one.item for one in walked if one.item is not None or not one.problems]
    return Decoded(built, tuple(one for one in walked if one.problems), was_walked=True)


def _misfit(item_type: Any, raw: Any, index: int, path: str) -> Misfit:
    found: list[str] = []
    item = _walk(item_type, raw, path, found)
    return Misfit(index, tuple(found), raw, None if item is UNREADABLE else item)


def problems(tp: Any, value: Any, path: str = "") -> Iterator[str]:
    """Name every place where a value differs from its type, e.g. `items[3].unreadCount`."""
    found: list[str] = []
    _walk(tp, value, path, found)
    yield from found


def _walk(tp: Any, value: Any, path: str, found: list[str]) -> Any:
    """Build a value without what doesn't fit; each place of that is added to `found`."""
    try:
        return structure_function(tp)(value, tp)
    except MISFITS:
        tp = without_none(tp)
    origin, args = get_origin(tp) or tp, get_args(tp) or (str, Any)
    if attrs.has(origin) and value.__class__ is dict:
        return _walk_model(tp, value, path, found)
    if origin in ARRAYS and value.__class__ is list:
        walked = [
            _walk(args[-1], one, f"{path}[{index}]", found) for index, one in enumerate(value)
        ]
        items = [one for one in walked if one is not UNREADABLE]
        return items if origin is list else tuple(items)
    if origin in OBJECTS and value.__class__ is dict:
        walked_entries = {
            key: _walk(args[1], one, f"{path}[{key!r}]", found) for key, one in value.items()
        }
        entries = {key: one for key, one in walked_entries.items() if one is not UNREADABLE}
        return entries if origin is dict else ReadOnlyDict(entries)
    if origin in (Union, UnionType):
        return _walk_union(args, tp, value, path, found)
    if tp is Any or tp is object or (tp is float and value.__class__ is float):
        return value  # only a large float brings it here, and that is one
    found.append(_difference(tp, value, path))
    return UNREADABLE


def _walk_model(tp: Any, value: dict[str, Any], path: str, found: list[str]) -> Any:
    fields = fields_of(tp)
    built: dict[str, Any] = {}
    is_readable = True
    for field in fields:
        received = value.get(field.wire)
        at = f"{path}.{field.wire}" if path else field.wire
        if received is not None:
            built[field.name] = _walk(field.type, received, at, found)
            unfit = built[field.name] is UNREADABLE
            is_readable = is_readable and not (unfit and (field.required or field.vital))
        elif field.required:
            found.append(f"{at}: {'null' if field.wire in value else 'missing'}, but required")
            is_readable = False
    if not is_readable:
        return UNREADABLE
    named = {field.wire: field.name for field in fields}
    rest = {
        wire: received
        for wire, received in value.items()
        if received is None or wire not in named or not is_spelled(built[named[wire]], received)
    }
    fitting = {name: one for name, one in built.items() if one is not UNREADABLE}
    return (get_origin(tp) or tp)(**fitting, extra=rest or None)


def _walk_union(members: tuple[Any, ...], tp: Any, value: Any, path: str, found: list[str]) -> Any:
    """Take the first member of which anything can be read."""
    for member in members:
        trial: list[str] = []
        built = _walk(member, value, path, trial)
        if built is not UNREADABLE:
            found += trial
            return built
    found.append(_difference(tp, value, path))
    return UNREADABLE


_JSON_NAMES: Final[dict[Any, str]] = {
    str: "text", bool: "true or false", int: "an integer", float: "a number", list: "a list",
    dict: "an object", NoneType: "null", datetime: "a time",
}  # fmt: skip


_CHANGEABLE: Final[dict[Any, Any]] = {Sequence: list, Mapping: dict}


def _difference(tp: Any, value: Any, path: str) -> str:
    got = _JSON_NAMES.get(value.__class__, value.__class__.__name__)
    return f"{path or 'the response'}: expected {_json_name(tp)}, got {got}"


def _json_name(tp: Any) -> str:
    plain = _CHANGEABLE.get(get_origin(tp), get_origin(tp) or tp)
    if plain in (Union, UnionType):
        return " or ".join(dict.fromkeys(map(_json_name, get_args(tp))))
    return _JSON_NAMES.get(plain) or (_JSON_NAMES[dict] if attrs.has(plain) else str(tp))
