"""Whether what was fetched is the file, or an error page in its place. Pure."""

import json
from contextlib import suppress
from typing import Any, Final

_HTML: Final = (b"<!doctype html", b"<html")
_ERROR_FIELDS: Final = ({"error"}, {"code", "message"})
_TEXT_NAMES: Final = (".html", ".htm", ".xhtml", ".json", ".txt")


def error_in_place_of(
    head: bytes, size: int, expected_size: int | None, name: str | None
) -> str | None:
    """Return what came instead of a file; None if it is the file, as far as one can see.

    Apps, and proxies in front of them, answer some failures with status 200.

    Args:
        head: The beginning of what came.
        size: Size of what came.
        expected_size: Size of the file by its message; None if that does not say it.
        name: Name of the file by its message.
    """
    if size == expected_size or (name or "").lower().endswith(_TEXT_NAMES):
        return None
    if head.lstrip()[:20].lower().startswith(_HTML):
        return "an HTML page came instead of the file"
    if size == len(head) and _is_error(head):
        return "the app sent an error instead of the file"
    return None


def _is_error(text: bytes) -> bool:
    if text[:1] != b"{":
        return False
    value: Any = None
    with suppress(ValueError, RecursionError):
        value = json.loads(text)
    return isinstance(value, dict) and any(fields <= value.keys() for fields in _ERROR_FIELDS)
