"""Files: upload them before sending, fetch those of messages."""

from attrs import evolve

from .._http.downloads import AsyncDownload
from .._http.query import json_body, with_query
from .._http.request import Idempotency, Request
from .._http.uploads import FileInput, Multipart, Progress, file_source
from .._omit import Omit, omit
from .._validation import check_max_length, check_not_empty
from ..models.asset import AssetDownloadResponse, AssetUploadResponse
from .asset_calls import asset_call, upload_request
from .base import AsyncResource

_LONGEST_BASE64 = 750_000_000


class AsyncAssetsResource(AsyncResource):
    """Manage files."""

    async def download(self, *, url: str) -> AssetDownloadResponse:
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
        body = json_body(url=check_not_empty("url", url))
        return await self._send(
            asset_call("assets.download", "/v1/assets/download", AssetDownloadResponse, body)
        )

    def serve(self, *, url: str) -> AsyncDownload:
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
        path = with_query("/v1/assets/serve", {"url": check_not_empty("url", url)})
        # Not compressed, so that sizes and ranges are those of the file.
        accept = {"Accept": "application/octet-stream", "Accept-Encoding": "identity"}
        request = Request("assets.serve", "GET", path, bytes, headers=accept)
        return AsyncDownload(self._caller.stream, request, url)

    async def upload(
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
        source = file_source(file)
        fields = json_body(file_name=file_name, mime_type=mime_type)
        request = upload_request(Multipart(fields, source, progress))
        idempotency = Idempotency.IDEMPOTENT if source.rewindable else Idempotency.UNSAFE
        return await self._send(evolve(request, idempotency=idempotency))

    async def upload_base64(
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
        check_max_length("content", check_not_empty("content", content), _LONGEST_BASE64)
        body = json_body(content=content, file_name=file_name, mime_type=mime_type)
        path = "/v1/assets/upload/base64"
        return await self._send(asset_call("assets.upload_base64", path, AssetUploadResponse, body))
