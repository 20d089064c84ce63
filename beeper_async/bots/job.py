"""Planned work: the event that its time has come, and what there is to know of it. Pure."""

import json
from datetime import UTC, datetime
from typing import Any

from attrs import define, field, frozen

from ..events.kinds import Event


@frozen(kw_only=True)
class TimeUp(Event):
    """The time of a job has come."""

    name: str
    """The name of the job: module and qualified name of its function."""
    due: datetime
    """The time it was planned for."""
    chat_id: str | None = None
    """The chat that it was planned in."""
    message_id: str | None = None
    """The message that it was planned for."""
    person_id: str | None = None
    """The person for whom it was planned."""
    job_id: int
    """The ID of the job."""


@define(eq=False)
class Row:
    """A job as it is stored."""

    id: int
    key: str
    """Two plans with the same key are one."""
    name: str
    arguments: str = field(repr=False)
    """JSON by parameter name. It may hold what people wrote."""
    due: float
    """Seconds since the epoch."""
    chat_id: str | None = None
    message_id: str | None = None
    person_id: str | None = None
    tries: int = 0

    @property
    def due_at(self) -> datetime:
        """The time it is planned for."""
        return datetime.fromtimestamp(self.due, UTC)


@frozen
class Job:
    """A planned job, as `ctx.after` returns it and `ctx.jobs` lists it."""

    id: int
    """Its number, unique within a store."""
    name: str
    """Module and qualified name of its function."""
    due: datetime
    """The time it is planned for."""
    chat_id: str | None
    """The chat that it was planned in."""
    message_id: str | None
    """The message that it was planned for."""
    person_id: str | None
    """The person for whom it was planned."""
    tries: int
    """How often it has failed so far."""
    _arguments: str = field(repr=False)

    @property
    def short(self) -> str:
        """Its number as people write it: `#3`."""
        return f"#{self.id}"

    def argument(self, name: str) -> Any:
        """Return an argument that the job was planned with, as JSON has it.

        Args:
            name: The parameter of the job's function.

        Raises:
            KeyError: There is no such argument.
        """
        arguments: dict[str, Any] = json.loads(self._arguments)
        return arguments[name]


def job_of(row: Row) -> Job:
    """Return what there is to know of a stored job."""
    return Job(
        row.id,
        row.name,
        row.due_at,
        row.chat_id,
        row.message_id,
        row.person_id,
        row.tries,
        row.arguments,
    )


def time_up(row: Row) -> TimeUp:
    """Return the event that the time of a job has come."""
    return TimeUp(
        name=row.name,
        due=row.due_at,
        at=row.due_at,
        chat_id=row.chat_id,
        message_id=row.message_id,
        person_id=row.person_id,
        job_id=row.id,
    )
