"""The converter between the JSON of the wire and the models.

One decoder (`decode`) and one encoder (`encode`), both driven by `fields`. Decoding is the
hot path of the whole library: cattrs dispatches on types, and for each attrs class a function
written for exactly that class (see `codegen`) does the work. When that function meets
anything unexpected it gives up at once, and `problems` walks the value again, slowly, to say where.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin

import attrs
from cattrs import Converter

from .decoder_source import compile_decoder
from .fields import SCALARS, MismatchError, fields_of, format_time, parse_time, without_none
from .json_values import is_array, is_object

T = TypeVar("T")
Hook = Callable[[Any, Any], Any]


class DecodeError(ValueError):
    """JSON that doesn't fit its model. `problems` names each place, never the values there."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


# What the fast functions raise on a value that doesn't fit: their own error, or what came of it.
_MISFITS: Final = (MismatchError, KeyError, ValueError, TypeError, AttributeError)


def decode(tp: type[T], value: Any) -> T:
    """Build `tp` (a model, a list of models, or any other JSON type) from parsed JSON."""
    try:
        result: T = converter.get_structure_hook(tp)(value, tp)
    except _MISFITS as error:
        found = list(problems(tp, value))
        if not found:  # the slow road sees nothing wrong: the fault is in this file
            raise
        raise DecodeError(found) from error.__cause__
    return result


def decode_page(tp: type[T], value: dict[str, Any], again: Callable[[], Any]) -> T:
    """Build a page, whose list of items is emptied on the way.

    What was built lets go of its JSON, so the next item goes into memory that the processor still
    has at hand, and the garbage collector runs half as often. For a misfit, `again` has to give
    the JSON once more.
    """
    items: Any = value.get("items")
    if items.__class__ is not list:
        return decode(tp, value)
    item_type: Any = next(get_args(f.type)[0] for f in fields_of(tp) if f.name == "items")
    build = converter.get_structure_hook(item_type)
    page: T = decode(tp, {**value, "items": []})
    items.reverse()
    try:
        built = [build(items.pop(), item_type) for _ in range(len(items))]
    except _MISFITS:
        decode(tp, again())
        raise
    return attrs.evolve(page, items=built)  # type: ignore[misc]


def encode(value: Any) -> Any:
    """Turn models, times and containers of them into what JSON can hold."""
    if isinstance(value, datetime):
        return format_time(value)
    if is_object(value):
        return {key: encode(item) for key, item in value.items()}
    if is_array(value):
        return [encode(item) for item in value]
    if attrs.has(value.__class__):
        return _encode_model(value)
    return value


def _encode_model(model: Any) -> dict[str, Any]:
    out: dict[str, Any] = {}
    rest: dict[str, Any] = dict(model._rest or ())
    for field in fields_of(type(model)):
        value = getattr(model, field.name)
        if field.wire in rest:
            received = rest.pop(field.wire)
            same = value is None if received is None else _structure(field.type, received) == value
            if same:
                out[field.wire] = received
                continue
        if value is not None:
            out[field.wire] = encode(value)
    return out | rest


def _structure(tp: Any, value: Any) -> Any:
    return converter.get_structure_hook(tp)(value, tp)


def problems(tp: Any, value: Any, path: str = "") -> Iterator[str]:
    """Name every place where a value differs from its type, e.g. `items[3].unreadCount`."""
    tp = without_none(tp)
    origin = get_origin(tp)
    if attrs.has(origin or tp):
        if not is_object(value):
            yield _difference(tp, value, path)
            return
        for field in fields_of(tp):
            at = f"{path}.{field.wire}" if path else field.wire
            if value.get(field.wire) is not None:
                yield from problems(field.type, value[field.wire], at)
            elif field.required:
                yield f"{at}: {'null' if field.wire in value else 'missing'}, but required"
    elif origin is list and is_array(value):
        for index, item in enumerate(value):
            yield from problems(get_args(tp)[0], item, f"{path}[{index}]")
    elif origin is dict and is_object(value):
        for key, item in value.items():
            yield from problems(get_args(tp)[1], item, f"{path}[{key!r}]")
    else:
        try:
            _structure(tp, value)
        except (ValueError, TypeError, KeyError):
            yield _difference(tp, value, path)


_JSON_NAMES: Final[dict[Any, str]] = {
    str: "text", bool: "true or false", int: "an integer", float: "a number", list: "a list",
    dict: "an object", NoneType: "null", datetime: "a time",
}  # fmt: skip


def _difference(tp: Any, value: Any, path: str) -> str:
    plain = get_origin(tp) or tp
    got = _JSON_NAMES.get(value.__class__, value.__class__.__name__)
    wanted = _JSON_NAMES.get(plain) or (_JSON_NAMES[dict] if attrs.has(plain) else str(tp))
    return f"{path or 'the answer'}: expected {wanted}, got {got}"


# --- hooks: how cattrs builds each kind of type -------------------------------------------------


def _scalar_hook(tp: type) -> Hook:
    def hook(value: Any, _: Any) -> Any:
        # An exact class check, because JSON's true would pass isinstance(value, int).
        if value.__class__ is tp or (tp is float and value.__class__ is int):
            return value
        raise MismatchError

    return hook


def _time_hook(value: Any, _: Any) -> datetime:
    if value.__class__ is not str:
        raise MismatchError
    return parse_time(value)


def _list_hook(tp: Any) -> Hook:
    (item_type,) = get_args(tp) or (Any,)
    item = converter.get_structure_hook(item_type)

    def hook(value: Any, _: Any) -> Any:
        if value.__class__ is not list:
            raise MismatchError
        return [item(x, item_type) for x in value]

    return hook


def _dict_hook(tp: Any) -> Hook:
    _, item_type = get_args(tp) or (str, Any)
    item = converter.get_structure_hook(item_type)

    def hook(value: Any, _: Any) -> Any:
        if value.__class__ is not dict:
            raise MismatchError
        return {key: item(x, item_type) for key, x in value.items()}

    return hook


def _literal_hook(tp: Any) -> Hook:
    allowed = get_args(tp)

    def hook(value: Any, _: Any) -> Any:
        if value not in allowed:
            raise MismatchError
        return value

    return hook


def _union_hook(tp: Any) -> Hook:
    """Try the members in their order: the JSON type, the required fields and constants decide."""
    plain = without_none(tp)
    if get_origin(plain) not in (Union, UnionType):
        member = converter.get_structure_hook(plain)
        if NoneType not in get_args(tp):
            return member
        return lambda value, _: None if value is None else member(value, plain)
    # A time is also text, so it has to be tried first.
    members = sorted(get_args(plain), key=lambda arg: arg is not datetime)
    hooks = [(converter.get_structure_hook(arg), arg) for arg in members]

    def hook(value: Any, _: Any) -> Any:
        for member, arg in hooks:
            try:
                return member(value, arg)
            except (ValueError, TypeError, KeyError):
                continue
        raise MismatchError

    return hook


def _model_hook(tp: Any) -> Hook:
    return compile_decoder(tp, converter, encode)


def _is_model(tp: Any) -> bool:
    return attrs.has(get_origin(tp) or tp)


def _has_origin(*origins: Any) -> Callable[[Any], bool]:
    return lambda tp: tp in origins or get_origin(tp) in origins


def _build_converter() -> Converter:
    conv = Converter()
    for scalar in SCALARS:
        conv.register_structure_hook(scalar, _scalar_hook(scalar))
    conv.register_structure_hook(datetime, _time_hook)
    conv.register_structure_hook_factory(_is_model, _model_hook)
    conv.register_structure_hook_factory(_has_origin(list), _list_hook)
    conv.register_structure_hook_factory(_has_origin(dict), _dict_hook)
    conv.register_structure_hook_factory(_has_origin(Literal), _literal_hook)
    conv.register_structure_hook_factory(_has_origin(Union, UnionType), _union_hook)
    conv.register_structure_hook(Any, lambda value, _: value)
    conv.register_structure_hook_func(lambda tp: tp is object, lambda value, _: value)
    return conv


converter: Final[Converter] = _build_converter()
