"""Text of strangers, made fit for one line of a terminal.

A chat's title is chosen by whoever opened the chat. Raw control characters in it could recolour
the terminal, overwrite other lines or type commands, and bidirectional overrides could make a name
read as another, so everything that is printed passes through here.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_BIDI: Final = "\u202a-\u202e\u2066-\u2069"
_OVERRIDES = re.compile(f"[{_BIDI}]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSAFE_IN_JSON = re.compile(f"[\x7f-\x9f\u2028\u2029{_BIDI}]")

_JOINER: Final = "\u200d"
_EMOJI_STYLE: Final = "\ufe0f"
_SKIN_TONES: Final = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"


def clean(text: str) -> str:
    """Return the text on one line, without anything that a terminal would obey."""
    one_line = " ".join(text.split())
    return _CONTROLS.sub("\ufffd", _OVERRIDES.sub("", one_line))


def safe_json(text: str) -> str:
    r"""Escape what JSON allows unescaped but a terminal obeys; it stays the same value.

    JSON itself only escapes controls below U+0020. U+2028 and its kind are included because many
    programs take them for the end of a line.
    """
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def width(text: str) -> int:
    """Return how many cells of a terminal the text takes, as well as that can be known."""
    return sum(_cells(text))


def shorten(text: str, cells: int) -> str:
    """Cut the text to a number of cells, with an ellipsis where something is missing."""
    if width(text) <= cells:
        return text
    end, used = 0, 0
    for taken in _cells(text):
        used += taken
        if used > cells - 1:
            break
        end += 1
    return text[:end].rstrip() + "…"


def pad(text: str, cells: int, *, right: bool = False) -> str:
    """Fill the text with spaces to a number of cells."""
    space = " " * (cells - width(text))
    return space + text if right else text + space


def _cells(text: str) -> Iterator[int]:
    before, previous = "", 0
    for character in text:
        if character == _EMOJI_STYLE:
            cells = 2 - previous if previous else 0  # turns the character before into a wide one
        elif before == _JOINER or character in _SKIN_TONES or _is_combining(character):
            cells = 0
        else:
            cells = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        yield cells
        before, previous = character, cells


def _is_combining(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Me", "Cf")
