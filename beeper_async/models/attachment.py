"""Files that hang on a message."""

from typing import ClassVar, Literal

from attrs import field, frozen

from .base import Model


@frozen(kw_only=True, weakref_slot=False, repr=False)
class MediaSize(Model):
    """Pixel size, both optional."""

    height: float | None = None
    width: float | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class Transcription(Model):
    """The written form of a voice note."""

    engine: str
    """Speech engine name."""
    transcription: str = field(repr=False)
    language: str | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class Attachment(Model):
    """A file, picture, video or sound of a message."""

    usual: ClassVar[tuple[str, ...]] = ("id", "file_name", "file_size", "mime_type", "size")

    type: Literal["unknown", "img", "video", "audio"] | str
    """Read-side kinds only; files come as unknown."""
    id: str | None = None
    """Usually an mxc:// URL; pass to assets.download or assets.serve."""
    duration: float | None = None
    """Seconds."""
    file_name: str | None = None
    file_size: float | None = None
    """Bytes."""
    is_gif: bool | None = None
    is_sticker: bool | None = None
    is_voice_note: bool | None = None
    mime_type: str | None = None
    poster_img: str | None = None
    """Video poster URL, may be short-lived."""
    size: MediaSize | None = None
    """Pixels."""
    src_url: str | None = None
    """Public URL or local path, may be short-lived."""
    transcription: Transcription | None = None
