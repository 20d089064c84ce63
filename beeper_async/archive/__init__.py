"""Archives: all messages on disk, searchable, and kept up to date."""

from typing import TYPE_CHECKING

from .._lazy import lazy_exports

if TYPE_CHECKING:
    from .archive import Archive as Archive
    from .errors import (
        AmbiguousChatError as AmbiguousChatError,
        ArchiveError as ArchiveError,
        ArchiveInUseError as ArchiveInUseError,
        ArchiveMismatchError as ArchiveMismatchError,
        ArchiveNotFoundError as ArchiveNotFoundError,
        ChatNotArchivedError as ChatNotArchivedError,
    )
    from .exports.exporting import (
        ExportFormat as ExportFormat,
    )
    from .report import (
        Counts as Counts,
        Progress as Progress,
        Report as Report,
    )
    from .values import (
        ArchivedChat as ArchivedChat,
        ArchivedPerson as ArchivedPerson,
        Deleted as Deleted,
        ExportReport as ExportReport,
        Version as Version,
    )

__all__ = [
    "AmbiguousChatError",
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
    "Progress",
    "Report",
    "Version",
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
                "AmbiguousChatError",
                "ChatNotArchivedError",
            ],
            ".exports.exporting": ["ExportFormat"],
            ".report": ["Counts", "Progress", "Report"],
            ".values": ["ArchivedChat", "ArchivedPerson", "Deleted", "ExportReport", "Version"],
        },
    )
