"""How models were encoded before each class got a function of its own: slow, and plain to read."""

from datetime import datetime
from typing import Any

import attrs

from beeper_async._codec.decoder import decode_leniently
from beeper_async._codec.errors import DecodeError
from beeper_async._codec.fields import Field, fields_of, format_time
from beeper_async._codec.json_values import copy_json, is_array, is_object


def encode(value: Any) -> Any:
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
            if _is_unchanged(field, received, value):
                out[field.wire] = copy_json(received)
                continue
        if value is not None:
            out[field.wire] = encode(value)
    return out | {wire: copy_json(received) for wire, received in rest.items()}


def _is_unchanged(field: Field, received: Any, value: Any) -> bool:
    if received is None:
        return value is None
    try:
        decoded: Any = decode_leniently(field.type, received).value
    except DecodeError:
        return value is None
    return bool(decoded == value)
