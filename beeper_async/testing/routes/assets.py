"""Files: uploading them, having the app fetch them, and reading them."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from ..server.multipart import parts_of
from ..server.ranges import FilePart, UnsatisfiableRangeError, is_known, wanted_range
from ..server.refusals import RefusalError, issue, malformed, not_found
from ..server.routing import Route, RoutedRequest, RouteResponse
from ..server.versions import ASSET_SERVE, EDITS_AND_UPLOADS
from ..world.assets import Asset, Spool, is_asset_url
from ..world.world import World

Json = dict[str, Any]

MAX_BASE64 = 750_000_000
_MIME_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:; ?[\w.+-]+=[\w.+-]+)*", re.ASCII)
_TOO_LARGE = RouteResponse({"error": "file too large"})


def download(request: RoutedRequest) -> RouteResponse:
    """Have the app fetch a file; a failure is no error status but says so in the response."""
    body = request.body()
    url = body.text("url", required=True, min_length=1) or ""
    body.finish()
    asset = None if url.startswith("file://") else _find(request.world, url)
    if asset is None:
        error = "media not found" if is_asset_url(url) else "unsupported URL"
        return RouteResponse({"error": error})
    return RouteResponse({"srcURL": asset.url})


def serve(request: RoutedRequest) -> RouteResponse:
    """The bytes of a file, or some of them."""
    url = request.query.text("url", required=True, min_length=1) or ""
    request.query.finish()
    if not is_asset_url(url):
        raise malformed(issue("invalid_string", "Expected an mxc or file URL", "query", "url"))
    asset = _find(request.world, url)
    if asset is None:
        raise not_found("Asset", url=url)
    return _part_of(request, asset)


def _part_of(request: RoutedRequest, asset: Asset) -> RouteResponse:
    headers = {"ETag": asset.etag, "Accept-Ranges": "bytes"}
    if is_known(request.headers, asset.etag):
        return RouteResponse(status=304, headers=headers)
    try:
        wanted = wanted_range(request.headers, asset.etag, asset.size)
    except UnsatisfiableRangeError:
        headers["Content-Range"] = f"bytes */{asset.size}"
        raise RefusalError(416, headers=headers) from None
    known_type = _MIME_TYPE.fullmatch(asset.mime_type)
    headers["Content-Type"] = asset.mime_type if known_type else "application/octet-stream"
    start, length = (0, asset.size) if wanted is None else wanted
    if wanted is not None:
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{asset.size}"
    file = FilePart(path=asset.path, start=start, length=length)
    return RouteResponse(status=200 if wanted is None else 206, headers=headers, file=file)


def _find(world: World, url: str) -> Asset | None:
    with world.lock:
        attachments = (
            attachment
            for messages in world.messages.values()
            for message in messages
            for attachment in message.get("attachments", ())
        )
        return world.assets.find(url, attachments)


async def upload(request: RoutedRequest) -> RouteResponse:
    """Take a file in as it arrives."""
    texts: dict[str, str] = {}
    spool: Spool | None = None
    part_name: str | None = None
    try:
        async for part in parts_of(request.headers.get("Content-Type", ""), request.stream):
            if part.name in ("fileName", "mimeType"):
                texts[part.name] = await part.text()
            elif part.name == "file" and spool is None:
                spool = request.world.assets.spool()
                part_name = part.file_name
                async for chunk in part.data:
                    if not spool.write(chunk):
                        spool.discard()
                        return _TOO_LARGE
        if spool is None:
            raise malformed(issue("invalid_type", "Required", "body", "file"))
    except BaseException:
        if spool is not None:
            spool.discard()
        raise
    return _taken(request, spool.finish(texts.get("fileName") or part_name, texts.get("mimeType")))


async def upload_base64(request: RoutedRequest) -> RouteResponse:
    """Take a file in that is written as text."""
    body = await request.streamed_body()
    content = body.text("content", required=True, min_length=1, max_length=MAX_BASE64) or ""
    file_name, mime_type = body.text("fileName"), body.text("mimeType")
    body.finish()
    try:
        data = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        message = "Not valid base64"
        raise malformed(issue("invalid_string", message, "body", "content")) from None
    spool = request.world.assets.spool()
    if not spool.write(data):
        spool.discard()
        return _TOO_LARGE
    return _taken(request, spool.finish(file_name, mime_type))


def _taken(request: RoutedRequest, asset: Asset) -> RouteResponse:
    request.world.assets.add_upload(asset)
    body: Json = {
        "uploadID": asset.asset_id,
        "srcURL": asset.url,
        "fileName": asset.file_name,
        "mimeType": asset.mime_type,
        "fileSize": asset.size,
    }
    if asset.pixels is not None:
        body["width"], body["height"] = asset.pixels
    return RouteResponse(body)


_PATH = "/v1/assets"

ROUTES = [
    Route(method="POST", path=f"{_PATH}/download", handler=download, only_reads=True),
    Route(method="GET", path=f"{_PATH}/serve", handler=serve, since=ASSET_SERVE),
    Route(
        method="POST",
        path=f"{_PATH}/upload",
        handler=upload,
        since=EDITS_AND_UPLOADS,
        streams=True,
    ),
    Route(
        method="POST",
        path=f"{_PATH}/upload/base64",
        handler=upload_base64,
        since=EDITS_AND_UPLOADS,
        streams=True,
    ),
]
