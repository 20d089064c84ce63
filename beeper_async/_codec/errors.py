"""The base of all exceptions, and the one of JSON that doesn't fit. See `beeper_async.errors`."""

from typing import Any, TypeVar

ErrorT = TypeVar("ErrorT", bound="BeeperDesktopError")


class BeeperDesktopError(Exception):
    """Base of every error of this library."""

    def _without_content(self) -> dict[str, Any]:
        """Return what stands in a copy for the attributes that stay in the process."""
        return {}

    def __reduce__(self) -> Any:
        return _rebuild, (type(self), self.args), vars(self) | self._without_content()


def _rebuild(cls: type[ErrorT], args: tuple[Any, ...]) -> ErrorT:
    """Make an exception without its `__init__`: all that would set is set from the state."""
    return cls.__new__(cls, *args)


class DecodeError(BeeperDesktopError, ValueError):
    """JSON that doesn't fit its model. Raised by `from_dict` and `from_json` of models.

    Attributes:
        problems: Each place that doesn't fit, as a path on the wire, never with the value there:
            `participants.items[0].id: missing, but required`.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems: list[str] = problems
