"""Which requests are meant: patterns for the paths of scripted responses and of faults."""

from __future__ import annotations

from fnmatch import fnmatchcase
from urllib.parse import unquote


def path_matches(wanted: str, raw_path: str, base_path: str) -> bool:
    """Whether a path is the wanted one, as it was sent or decoded, with the base path or without.

    A ``*`` in `wanted` stands for anything.
    """
    raw = raw_path.partition("?")[0]
    spellings = [raw, raw.removeprefix(base_path)]
    spellings += [unquote(spelling) for spelling in spellings]
    if "*" in wanted:
        # Chat IDs may hold brackets; only the star is meant as a wildcard.
        pattern = wanted.replace("[", "[[]").replace("?", "[?]")
        return any(fnmatchcase(spelling, pattern) for spelling in spellings)
    return wanted in spellings
