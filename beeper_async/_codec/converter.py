"""How cattrs builds each kind of type from parsed JSON. Strict: any misfit raises.

Decoding is the hot path of the whole library: cattrs dispatches on types, and for each attrs class
a function written for exactly that class (see `decoder_source`) does the work. When that function
meets anything unexpected it gives up at once, and `decoder` walks the value again, slowly.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

import attrs
from cattrs import Converter

from .decoder_source import compile_decoder
from .fields import ARRAYS, OBJECTS, SCALARS, MismatchError, parse_time, without_none
from .json_text import holds_large_float
from .read_only import ReadOnlyDict
from .sharing import shared_hook

Hook = Callable[[Any, Any], Any]

# What a strict function raises on a value that doesn't fit: its own error, or what came of it.
MISFITS: Final = (MismatchError, KeyError, ValueError, TypeError, AttributeError, RecursionError)


def structure_function(tp: Any) -> Hook:
    """Return the strict function that builds a type; call it with the value and the type."""
    hook: Hook = converter.get_structure_hook(tp)
    return hook


def _scalar_hook(tp: type) -> Hook:
    def hook(value: Any, _: Any) -> Any:
        # An exact class check, because JSON's true would pass isinstance(value, int).
        if value.__class__ is tp or (tp is float and value.__class__ is int):
            if value.__class__ is float and holds_large_float(value):
                raise MismatchError
            return value
        raise MismatchError

    return hook


def _time_hook(value: Any, _: Any) -> datetime:
    if value.__class__ is not str:
        raise MismatchError
    return parse_time(value)


def _any_hook(value: Any, _: Any) -> Any:
    if holds_large_float(value):
        raise MismatchError
    return value


def _list_hook(tp: Any) -> Hook:
    (item_type,) = get_args(tp) or (Any,)
    item = converter.get_structure_hook(item_type)

    def hook(value: Any, _: Any) -> Any:
        if value.__class__ is not list:
            raise MismatchError
        return [item(x, item_type) for x in value]

    return _then(tuple, hook) if get_origin(tp) is Sequence else hook


def _dict_hook(tp: Any) -> Hook:
    _, item_type = get_args(tp) or (str, Any)
    item = converter.get_structure_hook(item_type)

    def hook(value: Any, _: Any) -> Any:
        if value.__class__ is not dict:
            raise MismatchError
        return {key: item(x, item_type) for key, x in value.items()}

    return _then(ReadOnlyDict, hook) if get_origin(tp) is Mapping else hook


def _then(make: Callable[[Any], Any], hook: Hook) -> Hook:
    return lambda value, tp: make(hook(value, tp))


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
    decoder = compile_decoder(tp, converter)
    return shared_hook(tp, decoder) if getattr(tp, "is_shared", False) else decoder


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
    conv.register_structure_hook_factory(_has_origin(*ARRAYS), _list_hook)
    conv.register_structure_hook_factory(_has_origin(*OBJECTS), _dict_hook)
    conv.register_structure_hook_factory(_has_origin(Literal), _literal_hook)
    conv.register_structure_hook_factory(_has_origin(Union, UnionType), _union_hook)
    conv.register_structure_hook(Any, _any_hook)
    conv.register_structure_hook_func(lambda tp: tp is object, _any_hook)
    return conv


converter: Final[Converter] = _build_converter()
