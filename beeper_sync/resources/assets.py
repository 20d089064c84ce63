# Generated from beeper_async/resources/assets.py by `python -m beeper_sync._generate`.
"""Files: upload them before sending, fetch those of messages."""

from beeper_async._http.uploads import FileInput, Progress
from beeper_async._omit import Omit, omit
from beeper_async.models.asset import AssetDownloadResponse, AssetUploadResponse
from beeper_async.resources.assets import AsyncAssetsResource

from ..base import SyncResource
from ..downloads import Download


class AssetsResource(SyncResource[AsyncAssetsResource]):
    """Manage files."""

    def download(self, *, url: str) -> AssetDownloadResponse:
        """Let the app fetch a file to its own machine. See `serve` to get the bytes yourself.

        Args:
            url: An `mxc://` or `localmxc://` URL, such as the ID of an attachment.

        Returns:
            Where the file is on the machine that runs the app, as a `file://` URL.

        Raises:
            AssetError: The app could not fetch it.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/assets/download
        """
        return self._call(self._async.download, url=url)

    def serve(self, *, url: str) -> Download:
        """Fetch a file: `read()` it, `write_to(path)`, or go through it with `iter_bytes()`.

        Nothing is sent before one of these is called.

        Args:
            url: An `mxc://`, `localmxc://` or `file://` URL, such as the ID of an attachment.

        Returns:
            The download, which can also fetch a part and tell how far it is.

        Raises:
            InvalidInputError: The URL is empty.

        Endpoint: GET /v1/assets/serve
        """
        return self._download(self._async.serve(url=url))

    def upload(
        self,
        *,
        file: FileInput,
        file_name: str | Omit = omit,
        mime_type: str | Omit = omit,
        progress: Progress | None = None,
    ) -> AssetUploadResponse:
        """Upload a file, to be sent with `messages.send` or put into a draft.

        It goes out in chunks, so its size does not matter to memory. The timeout counts the time
        in which nothing moves, not the whole transfer. A file that can't be read a second time,
        such as an async iterator, is sent only once.

        Args:
            file: Bytes, a path, an open binary file, an async iterator of bytes, or a tuple
                (name, content) or (name, content, MIME type); 500 MB at most.
            file_name: Name to give it; the app's default is that of the file.
            mime_type: Its type; left out, the app looks at the first bytes.
            progress: Called with the bytes sent and the total, or None where it is not known.

        Returns:
            The upload; its `upload_id` is what a message takes.

        Raises:
            InvalidInputError: There is no such file, or it is too large; nothing was sent.
            FileChangedError: The file grew or shrank meanwhile; the upload was broken off.
            AssetError: The app could not take it, or only a part of it.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/assets/upload
        """
        return self._call(
            self._async.upload,
            file=file,
            file_name=file_name,
            mime_type=mime_type,
            progress=progress,
        )

    def upload_base64(
        self,
        *,
        content: str,
        file_name: str | Omit = omit,
        mime_type: str | Omit = omit,
    ) -> AssetUploadResponse:
        """Upload a file as base64 text. `upload` needs less memory and less of the network.

        Args:
            content: The file in base64; 1 to 750,000,000 characters.
            file_name: Name to give it; left out, the app makes one.
            mime_type: Its type; left out, the app looks at the first bytes.

        Returns:
            The upload; its `upload_id` is what a message takes.

        Raises:
            InvalidInputError: The content is empty or too long; nothing was sent.
            AssetError: The app could not take it.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/assets/upload/base64
        """
        return self._call(
            self._async.upload_base64,
            content=content,
            file_name=file_name,
            mime_type=mime_type,
        )
