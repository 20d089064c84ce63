"""From models to JSON: what came in goes out unchanged, unless an attribute was changed.

How a value is encoded depends on its class alone. The function for a class is found, or for a model
written (see `encoder_source`), when the first of its kind is met.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import attrs
import orjson

from .encoder_source import Encoder, compile_encoder
from .fields import Field, fields_of, format_time
from .json_values import copy_json


def encode(value: Any) -> Any:
    """Turn models, times and containers of them into what JSON can hold. Containers are copied."""
    return ENCODERS[value.__class__](value)


class _Encoders(dict[type, Encoder]):
    """The encoding functions by class; those of new classes are added."""

    def __missing__(self, cls: type) -> Encoder:
        self[cls] = encoder = self._made(cls)
        return encoder

    def _made(self, cls: Any) -> Encoder:
        if issubclass(cls, datetime):
            return _write_time
        if issubclass(cls, Mapping):
            return _encode_mapping
        if issubclass(cls, list | tuple):
            return _encode_array
        if attrs.has(cls):
            return compile_encoder(cls, self, _write_time, _put_rest)
        return _leave


def _leave(value: Any) -> Any:
    return value


def _encode_mapping(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: ENCODERS[one.__class__](one) for key, one in value.items()}


def _encode_array(value: "list[Any] | tuple[Any, ...]") -> list[Any]:
    return [ENCODERS[one.__class__](one) for one in value]


def _write_time(time: datetime) -> str:
    """Write a time like `format_time`; orjson writes those of the app three times as fast."""
    if time.tzinfo is UTC and time.__class__ is datetime:
        microsecond = time.microsecond
        if microsecond and not microsecond % 1000:
            return orjson.dumps(time, None, orjson.OPT_UTC_Z)[1:24].decode() + "Z"
    return format_time(time)


ENCODERS: Final = _Encoders()
"""The function for each class, where the call of `encode` around it costs too much."""


def _put_rest(model: Any, out: dict[str, Any]) -> None:
    """Add what was received beyond the attributes, and in the place of those that are unchanged."""
    fields = _by_wire_name(model.__class__)
    for wire, received in model._rest.items():
        field = fields.get(wire)
        if field is None or _is_unchanged(field, received, getattr(model, field.name)):
            out[wire] = received if received.__class__ in _PLAIN else copy_json(received)


_PLAIN: Final = frozenset((str, bool, int, float, type(None)))


@cache
def _by_wire_name(cls: type) -> dict[str, Field]:
    return {field.wire: field for field in fields_of(cls)}


def _is_unchanged(field: Field, received: Any, value: Any) -> bool:
    if received is None:
        return value is None
    from .kept import is_unchanged  # which loads all of decoding; few objects need it

    return is_unchanged(field, received, value)
