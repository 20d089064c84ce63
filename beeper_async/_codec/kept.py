"""The JSON that models keep of fields: of those that didn't fit, and of odd spellings."""

from typing import Any

from .converter import MISFITS, structure_function
from .decoder import decode_leniently
from .errors import DecodeError
from .fields import Field, fields_of
from .json_values import copy_json


def misfits_of(model: Any) -> dict[str, Any]:
    """Return the JSON of the fields that didn't fit their type, by wire name."""
    rest: dict[str, Any] = model._rest or {}
    return {
        field.wire: copy_json(rest[field.wire])
        for field in fields_of(type(model))
        if rest.get(field.wire) is not None
        and not _fits(field, rest[field.wire])
        and is_unchanged(field, rest[field.wire], getattr(model, field.name))
    }


def is_unchanged(field: Field, received: Any, value: Any) -> bool:
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
