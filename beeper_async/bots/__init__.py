"""Bots: handlers on top of live events."""

from typing import TYPE_CHECKING

from .._lazy import lazy_exports

if TYPE_CHECKING:
    from .bot import (
        Bot as Bot,
    )
    from .clock import (
        Clock as Clock,
    )
    from .context import (
        By as By,
        Context as Context,
        Ctx as Ctx,
        When as When,
    )
    from .cooldowns import (
        cooldown as cooldown,
    )
    from .errors import (
        LoopBrakeError as LoopBrakeError,
        NoAnswer as NoAnswer,
        Skip as Skip,
        Superseded as Superseded,
        UsageError as UsageError,
    )
    from .filters import (
        F as F,
        Filter as Filter,
    )
    from .job import (
        Job as Job,
        TimeUp as TimeUp,
    )
    from .router import (
        Router as Router,
    )
    from .sent import (
        Sent as Sent,
    )
    from .spans import (
        Duration as Duration,
        Span as Span,
        duration as duration,
    )
    from .text import (
        escape_markdown as escape_markdown,
        plain_text as plain_text,
    )

__all__ = [
    "Bot",
    "By",
    "Clock",
    "Context",
    "Ctx",
    "Duration",
    "F",
    "Filter",
    "Job",
    "LoopBrakeError",
    "NoAnswer",
    "Router",
    "Sent",
    "Skip",
    "Span",
    "Superseded",
    "TimeUp",
    "UsageError",
    "When",
    "cooldown",
    "duration",
    "escape_markdown",
    "plain_text",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            ".bot": ["Bot"],
            ".clock": ["Clock"],
            ".context": ["By", "Context", "Ctx", "When"],
            ".cooldowns": ["cooldown"],
            ".errors": ["LoopBrakeError", "NoAnswer", "Skip", "Superseded", "UsageError"],
            ".filters": ["F", "Filter"],
            ".job": ["Job", "TimeUp"],
            ".router": ["Router"],
            ".sent": ["Sent"],
            ".spans": ["Duration", "Span", "duration"],
            ".text": ["escape_markdown", "plain_text"],
        },
    )
