"""Parsed JSON whose shape nobody promises. Pure."""

from collections.abc import Mapping
from typing import Any, TypeGuard


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Return whether a value is a JSON object."""
    return isinstance(value, Mapping)


def is_array(value: object) -> "TypeGuard[list[Any] | tuple[Any, ...]]":
    """Return whether a value is a JSON array."""
    return isinstance(value, list | tuple)


def as_object(value: object) -> Mapping[str, Any]:
    """Return a JSON object as it is; an empty one in the place of anything else."""
    return value if is_object(value) else {}
