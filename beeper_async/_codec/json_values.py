"""Parsed JSON whose shape nobody promises. Pure."""

from collections.abc import Iterator, Mapping
from math import isfinite
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


def copy_json(value: Any) -> Any:
    """Copy parsed JSON, however deeply it is nested."""
    root: list[Any] = [value]
    pending: list[Any] = [root]
    while pending:
        container = pending.pop()
        is_list = container.__class__ is list
        keys: list[Any] = list(range(len(container)) if is_list else container)
        for key in keys:
            if container[key].__class__ in (dict, list):
                container[key] = container[key].copy()
                pending.append(container[key])
    return root[0]


def holds_non_finite(value: Any) -> bool:
    """Return whether NaN or Infinity is in what is to be written as JSON."""
    return any(one.__class__ is float and not isfinite(one) for one in _leaves(value))


def _leaves(value: Any) -> Iterator[Any]:
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            pending += one.values()
        elif isinstance(one, list):
            pending += one
        else:
            yield one
