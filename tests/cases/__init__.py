"""Inputs that apps are known to send, as files, with what is right for each."""

from pathlib import Path
from typing import Any

import orjson

_FOLDER = Path(__file__).parent


def case(name: str) -> Any:
    """Return the content of a case file."""
    return orjson.loads((_FOLDER / f"{name}.json").read_bytes())
