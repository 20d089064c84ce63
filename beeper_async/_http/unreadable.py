"""What happens with records that don't fit their model: reported, and never silent."""

import logging
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, TypeAlias

from attrs import field, frozen

_log = logging.getLogger("beeper_async")

_MAX_PATTERNS: Final = 1000
_POSITION: Final = re.compile(r"\[[^\]]*\]")


@frozen
class Unreadable:
    """A record of the app that does not fit its model."""

    index: int | None
    """Position on its page, counted from 0; None for what is no item of a page."""
    problems: tuple[str, ...]
    """Each place that doesn't fit, as a path on the wire: `items[3].unreadCount: ...`."""
    raw: Any = field(repr=False)
    """The JSON of the record as it was received."""
    item: Any = field(default=None, repr=False)
    """The model without what doesn't fit; None if the record can't be read at all."""
    call: str = ""
    """Name of the call that received it, e.g. `chats.list`."""


OnUnreadable: TypeAlias = Literal["warn", "raise"] | Callable[[Unreadable], object]
"""`"warn"`, `"raise"`, or what is called with each record that doesn't fit."""


class UnreadableLog:
    """Logs each kind of misfit once: by the call and the place on the wire, without any value."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()

    def warn(self, record: Unreadable) -> None:
        """Log the problems of a record that were not logged before."""
        for problem in record.problems:
            pattern = record.call, _POSITION.sub("[]", problem)
            if pattern not in self._seen and len(self._seen) < _MAX_PATTERNS:
                self._seen.add(pattern)
                lost = "the record" if record.item is None else "the value"
                _log.warning("%s: %s; %s was left out. Logged once.", *pattern, lost)


@frozen
class UnreadablePolicy:
    """The `on_unreadable` option of a client, and the log that all its views share."""

    on_unreadable: OnUnreadable
    log: UnreadableLog

    @property
    def is_strict(self) -> bool:
        """Whether any misfit raises."""
        return self.on_unreadable == "raise"

    @property
    def accepts_all(self) -> bool:
        """Whether a page of which nothing can be read is reported like any other."""
        return callable(self.on_unreadable)

    def report(self, records: Sequence[Unreadable]) -> None:
        """Hand records over. What the user's callback raises is logged, nothing more."""
        for record in records:
            if not callable(self.on_unreadable):
                self.log.warn(record)
                continue
            try:
                self.on_unreadable(record)
            except Exception:
                _log.exception("%s: on_unreadable failed", record.call)
