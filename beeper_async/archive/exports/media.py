"""Which files of an archive a browser may show, and under which names they are exported. Pure."""

from typing import Final

from .entries import FileEntry

# What a browser opens without running anything in it. All others get an ending that it downloads:
# a page or a drawing from a stranger could read the other files of the folder.
_INLINE: Final = frozenset(["avif", "bmp", "gif", "jpeg", "jpg", "png", "webp"])
_KNOWN: Final = _INLINE | frozenset(
    [
        *("heic", "mp4", "m4v", "mov", "webm", "mkv", "3gp", "mp3", "m4a", "aac", "ogg", "oga"),
        *("opus", "wav", "flac", "pdf", "txt", "csv", "zip", "gz", "7z", "docx", "xlsx", "pptx"),
        *("odt", "ods", "odp", "ics", "vcf"),
    ]
)
_BY_MIME: Final = {
    "image/avif": "avif",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/quicktime": "mov",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "application/pdf": "pdf",
    "text/plain": "txt",
}


def ending_of(file: FileEntry) -> str:
    """Return the ending of an exported file, without its dot."""
    mime = (file.mime or "").partition(";")[0].strip().lower()
    if mime in _BY_MIME:
        return _BY_MIME[mime]
    ending = (file.name or "").rpartition(".")[2].lower()
    return ending if ending in _KNOWN else "bin"


def is_inline(file: FileEntry) -> bool:
    """Return whether a file is shown as a picture."""
    return ending_of(file) in _INLINE


def path_in_export(file: FileEntry) -> str:
    """Return where a file is in the export, which follows from its content."""
    return f"files/{(file.sha256 or '')[:2]}/{file.sha256}.{ending_of(file)}"
