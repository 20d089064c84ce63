"""Names of files that other people chose, made safe to save under. Pure."""

import unicodedata
from email.message import Message
from typing import Final
from urllib.parse import unquote, urlsplit

from ..errors import InvalidInputError

_FALLBACK: Final = "file"
_SHORTEST_LIMIT: Final = 24
_LONGEST_SUFFIX: Final = 12  # bytes; what is longer is no extension but a dot in a sentence
_SEPARATORS: Final = frozenset('/\\:*?"<>|')
_JOINERS: Final = "\u200c\u200d"  # parts of emoji and of words in some scripts
_RESERVED: Final = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"]
    + [f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³"]
)


def safe_file_name(name: str, max_bytes: int = 120) -> str:
    """Make a name that someone else chose safe to save a file under.

    The result is one part of a path on Linux, macOS and Windows: in Unicode form NFC, without
    control characters and direction marks, with `_` in place of slashes, backslashes and
    `: * ? " < > |`, with no dot or blank at either end, and with `_` before a name that Windows
    reserves. It is never empty. A safe name is returned unchanged.

    Args:
        name: The name, e.g. the `file_name` of an attachment. It may be anything.
        max_bytes: Maximum length in UTF-8, in bytes; at least 24. A name that is too long is cut
            before its extension.

    Returns:
        The safe name; `file` if nothing is left.

    Raises:
        InvalidInputError: `name` is not text, or `max_bytes` is below 24.

    Example:
        from beeper_async import safe_file_name

        print(safe_file_name("../holiday: day 1.jpg"))
    """
    if not isinstance(name, str):
        raise InvalidInputError(f"name must be text, not {type(name).__name__}.")
    if isinstance(max_bytes, bool) or not isinstance(max_bytes, int) or max_bytes < _SHORTEST_LIMIT:
        raise InvalidInputError(f"max_bytes must be an integer, {_SHORTEST_LIMIT} or more.")
    safe = _trimmed(unicodedata.normalize("NFC", "".join(map(_safe_char, name))))
    safe = _cut(safe, max_bytes) or _FALLBACK
    if _is_reserved(safe):
        safe = _cut(f"_{safe}", max_bytes)
    return safe


def numbered_name(name: str, number: int, max_bytes: int = 120) -> str:
    """Return a safe name with ` (number)` before its extension; 1 stands for the name itself."""
    return name if number == 1 else _cut(name, max_bytes, f" ({number})")


def name_in_header(disposition: str) -> str | None:
    """Return the file name of a Content-Disposition header, as the sender wrote it."""
    header = Message()
    try:
        header["Content-Disposition"] = disposition
        return header.get_filename() or None
    except (ValueError, LookupError):
        return None


def name_in_url(url: str) -> str:
    """Return the last part of the path of a URL, decoded; empty if it has none."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return unquote(path.rstrip("/").rpartition("/")[2])


def _safe_char(char: str) -> str:
    if char in _SEPARATORS:
        return "_"
    category = unicodedata.category(char)
    if category in ("Zl", "Zp"):
        return " "
    if category == "Cs":  # half of an emoji, which no file system can write
        return "_"
    return "" if category in ("Cc", "Cf") and char not in _JOINERS else char


def _trimmed(name: str) -> str:
    """Remove what Windows drops at the end of a name, and what hides a file at its start."""
    while (shorter := name.strip().strip("." + _JOINERS)) != name:
        name = shorter
    return name


def _cut(name: str, max_bytes: int, ending: str = "") -> str:
    """Cut a name before its extension, so that it fits with an ending between the two."""
    stem, dot, extension = name.rpartition(".")
    suffix = dot + extension
    if not stem or len(suffix.encode()) > _LONGEST_SUFFIX:
        stem, suffix = name, ""
    room = max_bytes - len((ending + suffix).encode())
    short = stem.encode()
    if len(short) > room:
        stem = _trimmed(short[:room].decode(errors="ignore"))
    return stem + ending + suffix


def _is_reserved(name: str) -> bool:
    return name.partition(".")[0].rstrip().upper() in _RESERVED
