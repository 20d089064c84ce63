"""Reading request parameters, collecting everything that is wrong with them.

A reader never raises while reading: it notes the complaint, returns the default, and `finish`
refuses the request with all complaints at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from ..world.clock import from_wire
from .refusals import Issue, issue, malformed

_JSON_NAMES: dict[type[Any], str] = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    dict: "object",
    list: "array",
    type(None): "null",
}

T = TypeVar("T")


def _wrong_type(expected: str, value: object, *path: str | int) -> Issue:
    received = _JSON_NAMES.get(type(value), "unknown")
    return issue("invalid_type", f"Expected {expected}, received {received}", *path)


class QueryReader:
    """Reads the query string."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)
        self._issues: list[Issue] = []

    def _complain(self, code: str, message: str, name: str) -> None:
        self._issues.append(issue(code, message, "query", name))

    def _last(self, name: str) -> str | None:
        return self._values.get(name, [None])[-1]

    def without(self, *names: str) -> dict[str, list[str]]:
        """All parameters but these."""
        return {name: found for name, found in self._values.items() if name not in names}

    def pairs(self) -> list[tuple[str, str]]:
        """All parameters, each value of a repeated one."""
        return [(name, value) for name, found in self._values.items() for value in found]

    def texts(self, name: str) -> list[str] | None:
        """A repeated parameter; None when it was not sent."""
        return self._values.get(name)

    def text(self, name: str, *, required: bool = False, min_length: int = 0) -> str | None:
        """A text parameter."""
        value = self._last(name)
        if value is None and required:
            self._complain("invalid_type", "Required", name)
        elif value is not None and len(value) < min_length:
            self._complain("too_small", f"At least {min_length} character(s) needed", name)
        return value

    def choice(self, name: str, options: Sequence[str]) -> str | None:
        """One of a fixed set of words."""
        value = self._last(name)
        if value is not None and value not in options:
            self._complain("invalid_enum_value", f"Expected one of {', '.join(options)}", name)
            return None
        return value

    def choices(self, name: str, options: Sequence[str]) -> list[str] | None:
        """A repeated parameter whose values are out of a fixed set of words."""
        values = self._values.get(name)
        if values is None:
            return None
        for index, value in enumerate(values):
            if value not in options:
                message = f"Expected one of {', '.join(options)}"
                self._issues.append(issue("invalid_enum_value", message, "query", name, index))
        return [value for value in values if value in options]

    def integer(self, name: str, *, minimum: int, maximum: int, default: int) -> int:
        """A whole number within limits."""
        value = self._last(name)
        if value is None:
            return default
        try:
            number = int(value)
        except ValueError:
            self._complain("invalid_type", "Expected number, received string", name)
            return default
        if number < minimum:
            self._complain("too_small", f"Must be at least {minimum}", name)
        elif number > maximum:
            self._complain("too_big", f"Must be at most {maximum}", name)
        return number

    def flag(self, name: str, *, default: bool) -> bool:
        """``true`` or ``false``."""
        return self.choice(name, ("true", "false")) == "true" if name in self._values else default

    def moment(self, name: str) -> datetime | None:
        """A time with an offset."""
        value = self._last(name)
        moment = from_wire(value) if value is not None else None
        if value is not None and moment is None:
            self._complain("invalid_string", "Expected a time with an offset or Z", name)
        return moment

    def finish(self) -> None:
        """Refuse the request when anything was wrong."""
        if self._issues:
            raise malformed(*self._issues)


class BodyReader:
    """Reads a JSON object, and the objects inside it."""

    def __init__(
        self,
        values: dict[str, Any],
        path: tuple[str | int, ...] = ("body",),
        issues: list[Issue] | None = None,
    ) -> None:
        self.values = values
        self._path = path
        self._issues: list[Issue] = [] if issues is None else issues

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def complain(self, code: str, message: str, name: str) -> None:
        """Note that something else is wrong with a value."""
        self._issues.append(issue(code, message, *self._path, name))

    def _read(self, name: str, kind: type[T], *, required: bool, nullable: bool) -> T | None:
        if name not in self.values:
            if required:
                self._issues.append(issue("invalid_type", "Required", *self._path, name))
            return None
        value = self.values[name]
        if value is None and nullable:
            return None
        # JSON knows booleans and numbers apart; Python thinks True is an integer.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self._issues.append(_wrong_type(_JSON_NAMES[kind], value, *self._path, name))
            return None
        return value

    def text(
        self,
        name: str,
        *,
        required: bool = False,
        nullable: bool = False,
        min_length: int = 0,
        max_length: int | None = None,
    ) -> str | None:
        """A text."""
        value = self._read(name, str, required=required, nullable=nullable)
        if value is not None and len(value) < min_length:
            self.complain("too_small", f"At least {min_length} character(s) needed", name)
        if value is not None and max_length is not None and len(value) > max_length:
            self.complain("too_big", f"At most {max_length} character(s) allowed", name)
        return value

    def choice(self, name: str, options: Sequence[str], *, required: bool = False) -> str | None:
        """One of a fixed set of words."""
        value = self.text(name, required=required)
        if value is not None and value not in options:
            message = f"Expected one of {', '.join(options)}"
            self._issues.append(issue("invalid_enum_value", message, *self._path, name))
            return None
        return value

    def boolean(self, name: str, *, required: bool = False) -> bool | None:
        """A boolean."""
        return self._read(name, bool, required=required, nullable=False)

    def integer(self, name: str, *, minimum: int, nullable: bool = False) -> int | None:
        """A whole number."""
        value = self._read(name, int, required=False, nullable=nullable)
        if value is not None and value < minimum:
            message = f"Must be at least {minimum}"
            self._issues.append(issue("too_small", message, *self._path, name))
        return value

    def number(self, name: str, *, required: bool = False) -> float | None:
        """A number, whole or not."""
        if isinstance(self.values.get(name), int):
            return self._read(name, int, required=required, nullable=False)
        return self._read(name, float, required=required, nullable=False)

    def moment(self, name: str, *, required: bool = False) -> datetime | None:
        """A time with an offset."""
        value = self.text(name, required=required)
        moment = from_wire(value) if value is not None else None
        if value is not None and moment is None:
            message = "Expected a time with an offset or Z"
            self._issues.append(issue("invalid_string", message, *self._path, name))
        return moment

    def texts(self, name: str, *, required: bool = False) -> list[str]:
        """A list of texts."""
        values = cast(list[Any], self._read(name, list, required=required, nullable=False) or [])
        for index, value in enumerate(values):
            if not isinstance(value, str):
                self._issues.append(_wrong_type("string", value, *self._path, name, index))
        return [value for value in values if isinstance(value, str)]

    def child(
        self, name: str, *, required: bool = False, nullable: bool = False
    ) -> BodyReader | None:
        """An object inside this one; its complaints are reported together with these."""
        value = cast(
            dict[str, Any] | None, self._read(name, dict, required=required, nullable=nullable)
        )
        return None if value is None else BodyReader(value, (*self._path, name), self._issues)

    def finish(self) -> None:
        """Refuse the request when anything was wrong."""
        if self._issues:
            raise malformed(*self._issues)
