"""Archives: all messages on disk, searchable, and kept up to date."""

from typing import TYPE_CHECKING

from .._lazy import lazy_exports

if TYPE_CHECKING:
    from .archive import (
        Archive as Archive,
    )
    from .checks.findings import (
        Finding as Finding,
        FindingKind as FindingKind,
        Verification as Verification,
    )
    from .errors import (
        AmbiguousArchivedChatError as AmbiguousArchivedChatError,
        ArchiveError as ArchiveError,
        ArchiveInUseError as ArchiveInUseError,
        ArchiveMismatchError as ArchiveMismatchError,
        ArchiveNotFoundError as ArchiveNotFoundError,
        ChatNotArchivedError as ChatNotArchivedError,
    )
    from .exports.exporting import (
        ExportFormat as ExportFormat,
    )
    from .reading.status import (
        FileTotal as FileTotal,
        FileTotals as FileTotals,
        LastRun as LastRun,
        Problem as Problem,
        ProblemKind as ProblemKind,
        Status as Status,
    )
    from .report import (
        Counts as Counts,
        Phase as Phase,
        Progress as Progress,
        Report as Report,
        Sweep as Sweep,
    )
    from .values import (
        ArchivedChat as ArchivedChat,
        ArchivedPerson as ArchivedPerson,
        Deleted as Deleted,
        ExportReport as ExportReport,
        Version as Version,
    )

__all__ = [
    "AmbiguousArchivedChatError",
    "Archive",
    "ArchiveError",
    "ArchiveInUseError",
    "ArchiveMismatchError",
    "ArchiveNotFoundError",
    "ArchivedChat",
    "ArchivedPerson",
    "ChatNotArchivedError",
    "Counts",
    "Deleted",
    "ExportFormat",
    "ExportReport",
    "FileTotal",
    "FileTotals",
    "Finding",
    "FindingKind",
    "LastRun",
    "Phase",
    "Problem",
    "ProblemKind",
    "Progress",
    "Report",
    "Status",
    "Sweep",
    "Verification",
    "Version",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            ".archive": ["Archive"],
            ".errors": [
                "AmbiguousArchivedChatError",
                "ArchiveError",
                "ArchiveInUseError",
                "ArchiveMismatchError",
                "ArchiveNotFoundError",
                "ChatNotArchivedError",
            ],
            ".exports.exporting": ["ExportFormat"],
            ".checks.findings": ["Finding", "FindingKind", "Verification"],
            ".report": ["Counts", "Phase", "Progress", "Report", "Sweep"],
            ".reading.status": [
                "FileTotal",
                "FileTotals",
                "LastRun",
                "Problem",
                "ProblemKind",
                "Status",
            ],
            ".values": ["ArchivedChat", "ArchivedPerson", "Deleted", "ExportReport", "Version"],
        },
    )
