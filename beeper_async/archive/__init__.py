"""Archives: all messages on disk, searchable, and kept up to date."""

from typing import TYPE_CHECKING

from .._lazy import lazy_exports

if TYPE_CHECKING:
    from .archive import Archive as Archive
    from .errors import (
        ArchiveError as ArchiveError,
        ArchiveInUseError as ArchiveInUseError,
        ArchiveMismatchError as ArchiveMismatchError,
        ArchiveNotFoundError as ArchiveNotFoundError,
    )
    from .report import (
        Counts as Counts,
        Progress as Progress,
        Report as Report,
    )

__all__ = [
    "Archive",
    "ArchiveError",
    "ArchiveInUseError",
    "ArchiveMismatchError",
    "ArchiveNotFoundError",
    "Counts",
    "Progress",
    "Report",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            ".archive": ["Archive"],
            ".errors": [
                "ArchiveError",
                "ArchiveInUseError",
                "ArchiveMismatchError",
                "ArchiveNotFoundError",
            ],
            ".report": ["Counts", "Progress", "Report"],
        },
    )
