"""Writing JSON as apps do, whose writer lets half of an emoji through as an escape."""

from __future__ import annotations

import json
from typing import Any

import orjson


def json_bytes(value: Any) -> bytes:
    """Write a value as JSON; a lone surrogate in a text becomes its escape."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
