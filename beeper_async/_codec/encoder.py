"""From models to JSON: what came in goes out unchanged, unless an attribute was changed."""

from datetime import datetime
from typing import Any

import attrs

from .converter import MISFITS, structure_function
from .decoder import decode_leniently
from .errors import DecodeError
from .fields import Field, fields_of, format_time
from .json_values import copy_json, is_array, is_object


def encode(value: Any) -> Any:
    """Turn models, times and containers of them into what JSON can hold. Containers are copied."""
    if isinstance(value, datetime):
        return format_time(value)
    if is_object(value):
        return {key: encode(item) for key, item in value.items()}
    if is_array(value):
        return [encode(item) for item in value]
    if attrs.has(value.__class__):
        return _encode_model(value)
    return value


def misfits_of(model: Any) -> dict[str, Any]:
    """Return the JSON of the fields that didn't fit their type, by wire name."""
    rest: dict[str, Any] = model._rest or {}
    return {
        field.wire: copy_json(rest[field.wire])
        for field in fields_of(type(model))
        if rest.get(field.wire) is not None
        and not _fits(field, rest[field.wire])
        and _is_unchanged(field, rest[field.wire], getattr(model, field.name))
    }


def _encode_model(model: Any) -> dict[str, Any]:
    out: dict[str, Any] = {}
    rest: dict[str, Any] = dict(model._rest or ())
    for field in fields_of(type(model)):
        value = getattr(model, field.name)
        if field.wire in rest:
            received = rest.pop(field.wire)
            if _is_unchanged(field, received, value):
                out[field.wire] = copy_json(received)
                continue
        if value is not None:
            out[field.wire] = encode(value)
    return out | {wire: copy_json(received) for wire, received in rest.items()}


def _is_unchanged(field: Field, received: Any, value: Any) -> bool:
    """Return whether an attribute is still what was decoded from the JSON that was kept of it."""
    if received is None:
        return value is None
    try:
        decoded: Any = decode_leniently(field.type, received).value
    except DecodeError:
        return value is None
    return bool(decoded == value)


def _fits(field: Field, received: Any) -> bool:
    try:
        structure_function(field.type)(received, field.type)
    except MISFITS:
        return False
    return True
