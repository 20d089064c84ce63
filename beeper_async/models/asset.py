"""Answers of the asset calls."""

from attrs import frozen

from .base import Model


@frozen(kw_only=True, weakref_slot=False, repr=False)
class AssetDownloadResponse(Model):
    """Where a downloaded file lies on the machine of the app."""

    error: str | None = None
    """Set INSTEAD of an HTTP error when the download failed (status still 200)."""
    src_url: str | None = None
    """File:// URL on the machine running the app."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class AssetUploadResponse(Model):
    """An uploaded file, ready to be sent."""

    duration: float | None = None
    """Seconds."""
    error: str | None = None
    """Set when the upload failed although the status is 200."""
    file_name: str | None = None
    file_size: float | None = None
    """Bytes."""
    height: float | None = None
    """Pixels."""
    mime_type: str | None = None
    src_url: str | None = None
    """File:// URL on the machine running the app."""
    upload_id: str | None = None
    """Use in messages.send attachment or in a draft."""
    width: float | None = None
    """Pixels."""
