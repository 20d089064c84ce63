"""Mutants that behave as the original does, listed by hand with the reason.

An entry of `equivalent.txt` is a file and a function, the lines before and after, and why nothing
can tell them apart; it survives moves of lines, as long as their text stays:

    beeper_async/retry.py backoff
    - longest = min(a, b)
    + longest = min(b, a)
      The order makes no difference.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .operators import Mutant

LISTED: Final = Path(__file__).with_name("equivalent.txt")

Key = tuple[str, str, str]
"""File and function, the lines before, and the lines after."""


def key_of(mutant: Mutant) -> Key:
    """Return what a mutant is listed under."""
    return f"{mutant.path} {mutant.scope}".strip(), mutant.before, mutant.after


def read(text: str) -> dict[Key, str]:
    """Read the list: the reason of each entry."""
    reasons: dict[Key, str] = {}
    blocks = [block for block in text.split("\n\n") if not block.lstrip().startswith("#")]
    for block in filter(str.strip, blocks):
        place, before, after, *reason = (line.strip() for line in block.strip().splitlines())
        if not before.startswith("- ") or not after.startswith("+ ") or not reason:
            raise ValueError(f"{LISTED.name}: an entry needs a file, -, + and a reason: {block!r}")
        reasons[place, before[2:], after[2:]] = " ".join(reason)
    return reasons
