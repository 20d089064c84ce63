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
    from .findings import (
        Finding as Finding,
        FindingKind as FindingKind,
        Verification as Verification,
    )
    from .report import (
        Counts as Counts,
        Progress as Progress,
        Report as Report,
    )
    from .status import (
        FileTotal as FileTotal,
        FileTotals as FileTotals,
        LastRun as LastRun,
        Problem as Problem,
        ProblemKind as ProblemKind,
        Status as Status,
    )

__all__ = [
    "Archive",
    "ArchiveError",
    "ArchiveInUseError",
    "ArchiveMismatchError",
    "ArchiveNotFoundError",
    "Counts",
    "FileTotal",
    "FileTotals",
    "Finding",
    "FindingKind",
    "LastRun",
    "Problem",
    "ProblemKind",
    "Progress",
    "Report",
    "Status",
    "Verification",
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
            ".findings": ["Finding", "FindingKind", "Verification"],
            ".report": ["Counts", "Progress", "Report"],
            ".status": [
                "FileTotal",
                "FileTotals",
                "LastRun",
                "Problem",
                "ProblemKind",
                "Status",
            ],
        },
    )
