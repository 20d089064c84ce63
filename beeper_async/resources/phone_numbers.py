"""Phone numbers in the international form E.164. Pure."""

import re
from typing import Final

_SPELLING: Final = re.compile(r"\+[0-9 \u00a0\u202f()./\u2010\u2011-]+", re.ASCII)
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_TRUNK_ZERO: Final = re.compile(r"\(\s*0\s*\)")
_NO_DIGIT: Final = re.compile(r"[^0-9]", re.ASCII)


def e164(text: str) -> str | None:
    """Return a phone number in E.164, or None if the text is not one in full.

    The number begins with `+` and its country, and may have spaces and punctuation. Without a `+`
    it could be a number of any country. `(0)` is refused: not every country leaves it out.
    """
    text = text.strip()
    if not _SPELLING.fullmatch(text) or _TRUNK_ZERO.search(text):
        return None
    number = "+" + digits_of(text)
    return number if _E164.fullmatch(number) else None


def digits_of(text: str) -> str:
    """Return the digits of a text."""
    return _NO_DIGIT.sub("", text)
