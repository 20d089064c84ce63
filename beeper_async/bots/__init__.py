"""Bots: handlers on top of live events."""

from typing import TYPE_CHECKING

from .._lazy import lazy_exports

if TYPE_CHECKING:
    from .bot import Bot as Bot
    from .context import Context as Context
    from .handlers import (
        Handling as Handling,
        Matches as Matches,
    )

__all__ = [
    "Bot",
    "Context",
    "Handling",
    "Matches",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            ".bot": ["Bot"],
            ".context": ["Context"],
            ".handlers": [
                "Handling",
                "Matches",
            ],
        },
    )
