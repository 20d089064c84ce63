"""Sort keys that are served in the place of ordinary ones, as some networks have them."""

from __future__ import annotations

import hashlib
from typing import Final, Literal, TypeAlias, get_args

SortKeys: TypeAlias = Literal["falling", "negative", "random", "text", "renumbered"]
SORT_KEYS: Final[tuple[SortKeys, ...]] = get_args(SortKeys)

_TOP: Final = 10**15
_RENUMBERED_BY: Final = 10**10


def odd_key(kind: SortKeys, key: str) -> str:
    """Return what is served instead of an ordinary sort key. Different keys stay different."""
    number = int(key)
    if kind == "falling":
        return str(_TOP - number)
    if kind == "negative":
        return str(number - _TOP)
    if kind == "renumbered":
        return str(number + _RENUMBERED_BY)
    digest = hashlib.sha256(key.encode()).hexdigest()
    return digest[:24] if kind == "text" else str(int(digest[:15], 16))
