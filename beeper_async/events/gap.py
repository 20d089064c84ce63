"""What a stream reports of events that were missing."""

from datetime import datetime
from typing import Literal, TypeAlias

from attrs import frozen

Reason: TypeAlias = Literal[
    "connection", "sequence", "overflow", "incomplete", "check", "installation"
]
"""Why events may be missing."""


@frozen
class Gap:
    """Events were missing, and were backfilled over HTTP."""

    at: datetime
    """When it was noticed."""
    reason: Reason
    """The connection was lost, the numbers have a gap, the consumer was too slow, a frame was not
    complete, a check found something that was not pushed, or the checkpoint was of another
    installation of the app: then nothing before the start is found."""
    recovered: int
    """Number of messages found since."""
