"""What a run did, and how far one is that is under way."""

from datetime import datetime
from typing import Literal, TypeAlias

from attrs import field, frozen

Sweep: TypeAlias = Literal["full", "rolling", "off"]
"""How much of what is already archived a run compares with the app."""
Phase: TypeAlias = Literal["chats", "messages", "sweep", "search", "files", "done"]
"""What a run is at."""


@frozen(kw_only=True)
class Counts:
    """Numbers of records that a run wrote."""

    new: int = 0
    """Messages that were not in the archive before."""
    changed: int = 0
    """Messages with another content: edits, reactions, deletions by their senders."""
    deleted: int = 0
    """Those of them that somebody deleted; their content is kept as a version."""
    vanished: int = 0
    """Messages that the app no longer serves; they are marked and kept."""
    expired: int = 0
    """The same, because the timer of their chat had run out."""
    back: int = 0
    """Messages that had vanished, and are served again."""
    problems: int = 0
    """Problems that were found or found again."""
    files: int = 0
    """Files that were fetched."""
    bytes: int = 0
    """Bytes of these files."""
    pages: int = 0
    """Pages of messages that were read."""


@frozen(kw_only=True)
class Report:
    """What a run did.

    Its `exit_code` is that of the command: 0 means that all is archived that the mode of the sweep
    promises, 7 that something could not be read (see `Archive.problems`).
    """

    run: int
    """Number of the run."""
    sweep: Sweep
    """How much was compared; `rolling` may have been chosen for `full`."""
    exit_code: int
    """0, 4 (the app was away for too long), 7 (problems) or 8 (the disk is full)."""
    started: datetime
    ended: datetime
    counts: Counts
    """What the run wrote."""
    chats: int
    """Chats in the archive."""
    messages: int
    """Messages in the archive."""
    open_problems: int
    """Problems that are not solved."""
    open_files: int
    """Files that are wanted, but not fetched yet."""
    oldest_sweep: datetime | None
    """When the chat was compared whose comparison is the longest ago; None if one never was."""
    resumed: bool
    """Whether the run before was stopped before its end, so that this one continued it."""


@frozen(kw_only=True)
class Progress:
    """How far a run is. `progress=` is called with one, at most ten times a second."""

    phase: Phase
    """What the run is at."""
    chats_done: int = 0
    """Chats of this phase that are done."""
    chats_total: int = 0
    """Chats of this phase."""
    messages: int = 0
    """Messages in the archive."""
    counts: Counts = field(factory=Counts)
    """What the run has written so far."""
    per_second: float = 0.0
    """Messages that were read per second, over the last seconds."""
    files_done: int = 0
    files_total: int = 0
    waiting_for: str | None = None
    """What the run waits for, e.g. `the app`; None if it is working."""
    chat_title: str | None = field(default=None, repr=False)
    """The chat at hand."""
    back_to: datetime | None = None
    """How far back in time the walk through that chat is."""
    resumed: bool = False
    """Whether the run continues one that was stopped."""
