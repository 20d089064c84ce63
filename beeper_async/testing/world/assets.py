"""The files behind the simulator: uploads, and the attachments of messages.

They are kept on disk in a temporary directory that exists from the first file on until the
simulator stops.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs

from .media import detect_size, detect_type, extension_of, made_up

_HEAD = 4096
_UNSAFE = re.compile(r"[^\w.() -]+")
_MADE_UP_SIZE = 4096
_SCHEMES = ("mxc://", "localmxc://", "file://")


@attrs.frozen(kw_only=True)
class Asset:
    """A file that has arrived completely."""

    asset_id: str
    path: Path
    file_name: str
    mime_type: str
    size: int
    pixels: tuple[int, int] | None = None

    @property
    def url(self) -> str:
        """The file URL on this machine."""
        return self.path.as_uri()

    @property
    def etag(self) -> str:
        """The entity tag. Files do not change."""
        return f'"{self.asset_id}-{self.size:x}"'


class Spool:
    """A file that is arriving."""

    def __init__(self, store: AssetStore, asset_id: str, folder: Path) -> None:
        self._store = store
        self._id = asset_id
        self._folder = folder
        folder.mkdir()
        self._file = (folder / "arriving").open("wb")
        self._head = b""
        self._size = 0

    def write(self, chunk: bytes) -> bool:
        """Add bytes. Return False if the upload is larger than allowed."""
        if len(self._head) < _HEAD:
            self._head += chunk[: _HEAD - len(self._head)]
        self._size += len(chunk)
        if self._size > self._store.max_bytes:
            return False
        self._file.write(chunk)
        return True

    def finish(self, file_name: str | None, mime_type: str | None) -> Asset:
        """Keep the file."""
        self._file.close()
        mime_type = mime_type or detect_type(self._head)
        file_name = file_name or f"{self._id}.{extension_of(mime_type)}"
        path = (self._folder / "arriving").rename(self._folder / _safe(file_name))
        return Asset(
            asset_id=self._id,
            path=path,
            file_name=file_name,
            mime_type=mime_type,
            size=self._size,
            pixels=detect_size(self._head),
        )

    def discard(self) -> None:
        """Remove the file."""
        self._file.close()
        for path in self._folder.iterdir():
            path.unlink()
        self._folder.rmdir()


class AssetStore:
    """Holds uploads by ID and files by URL. Thread-safe."""

    def __init__(self) -> None:
        self.max_bytes = 500 * 2**20
        """Maximum size of an upload in bytes. 500 MiB."""
        self._lock = threading.RLock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._uploads: dict[str, Asset] = {}
        self._by_url: dict[str, Asset] = {}
        self._count = 0

    def spool(self, kind: str = "up") -> Spool:
        """Begin a new file."""
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="beeper-simulator-")
            self._count += 1
            asset_id = f"{kind}_{self._count:08x}"
            return Spool(self, asset_id, Path(self._folder.name).resolve() / asset_id)

    def add_upload(self, asset: Asset) -> None:
        """Make a complete file available for sending."""
        with self._lock:
            self._uploads[asset.asset_id] = asset
            self._by_url[asset.url] = asset

    def upload(self, upload_id: str) -> Asset | None:
        """Return the upload with an ID, or None."""
        return self._uploads.get(upload_id)

    def publish(self, asset: Asset) -> str:
        """Return the URL of a sent file in its message."""
        with self._lock:
            url = f"mxc://simulator.invalid/{asset.asset_id}"
            self._by_url[url] = asset
            return url

    def find(self, url: str, attachments: Iterable[dict[str, Any]]) -> Asset | None:
        """Return the file at a URL, or None. One that only an attachment names is generated."""
        with self._lock:
            found = self._by_url.get(url)
            if found is None and not url.startswith("file://"):
                named = next((one for one in attachments if one.get("id") == url), None)
                if named is not None:
                    found = self._make_up(url, named)
            return found

    def _make_up(self, url: str, attachment: dict[str, Any]) -> Asset:
        mime_type = attachment.get("mimeType", "application/octet-stream")
        spool = self.spool("asset")
        for chunk in made_up(url, mime_type, attachment.get("fileSize", _MADE_UP_SIZE)):
            spool.write(chunk)
        asset = spool.finish(attachment.get("fileName"), mime_type)
        self._by_url[url] = self._by_url[asset.url] = asset
        return asset

    def close(self) -> None:
        """Remove all files."""
        with self._lock:
            self._uploads.clear()
            self._by_url.clear()
            if self._folder is not None:
                folder, self._folder = self._folder, None
                folder.cleanup()


def is_asset_url(url: str) -> bool:
    """Return whether a URL has a scheme that the app serves."""
    return url.startswith(_SCHEMES)


def _safe(file_name: str) -> str:
    """A name that stays in its folder on every system."""
    last = re.split(r"[/\\]", file_name)[-1]
    return _UNSAFE.sub("_", last).strip(". ")[-100:] or "file"
