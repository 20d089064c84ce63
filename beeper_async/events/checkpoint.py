"""How far a consumer has come, as a value: what a later stream needs to continue from there. Pure.

A checkpoint is a set of text records, each with a key. What changed between two of them is a few
records, so that it can be stored once a second, as rows of a table or lines of a file.
"""

from collections.abc import Mapping
from typing import Any, Final, Self

import orjson
from attrs import field, frozen

from ..errors import InvalidInputError

HEADER: Final = ""
"""Key of the record that every checkpoint has."""


@frozen
class CheckpointChange:
    """What leads from one checkpoint to another."""

    written: Mapping[str, str] = field(repr=False)
    """Records that are new or changed, by their keys."""
    removed: tuple[str, ...] = field(default=(), repr=False)
    """Keys of records that are gone."""

    def __bool__(self) -> bool:
        return bool(self.written or self.removed)


@frozen
class Checkpoint:
    """How far a consumer of live events has come.

    Pass it to `client.events(since=...)`, and what happened in between is delivered first. It holds
    no text of messages: only their IDs, their times and digests of what they were.
    """

    records: Mapping[str, str] = field(repr=False)
    """The records, by their keys. What is in them is not documented."""

    def change_from(self, earlier: "Checkpoint | None") -> CheckpointChange:
        """Return what leads from an earlier checkpoint to this one.

        Args:
            earlier: The earlier one; None means an empty one.
        """
        before: Mapping[str, str] = {} if earlier is None else earlier.records
        written = {key: text for key, text in self.records.items() if before.get(key) != text}
        removed = tuple(key for key in before if key not in self.records)
        return CheckpointChange(written, removed)

    def with_change(self, change: CheckpointChange) -> "Checkpoint":
        """Return the checkpoint that a change leads to."""
        records = {**self.records, **change.written}
        for key in change.removed:
            records.pop(key, None)
        return Checkpoint(records)

    def to_json(self) -> str:
        """Return it as JSON text."""
        return orjson.dumps({"version": _VERSION, "records": dict(self.records)}).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what `to_json` returned.

        Raises:
            InvalidInputError: It is something else.
        """
        try:
            value = orjson.loads(text)
            records: dict[Any, Any] = value["records"]
            is_valid = value["version"] == _VERSION and HEADER in records
            if not is_valid or not all(isinstance(one, str) for one in records.values()):
                raise ValueError
            return cls(records)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InvalidInputError("This is not a checkpoint of an event stream.") from None


_VERSION: Final = 2
