"""Requests that upload and fetch files, which answer 200 with an error in it when they failed."""

from typing import Any, TypeVar

from attrs import evolve

from .._http.request import Idempotency, Request
from .._http.uploads import Multipart
from ..models.asset import AssetDownloadResponse, AssetUploadResponse

A = TypeVar("A", AssetDownloadResponse, AssetUploadResponse)


def upload_request(form: Multipart) -> Request[AssetUploadResponse]:
    """Make the call that uploads a file; a second upload that nobody sends does no harm."""

    def problem(upload: AssetUploadResponse) -> str | None:
        if upload.error is not None:
            return upload.error
        if not upload.upload_id:
            return "it sent no upload ID"
        size, taken = form.file.size, upload.file_size
        if size is not None and taken is not None and taken != size:
            return f"it took {taken:,.0f} of {size:,} bytes"
        return None

    request = asset_call("assets.upload", "/v1/assets/upload", AssetUploadResponse, form)
    return evolve(request, problem=problem)


def asset_call(name: str, path: str, answer: type[A], body: Any) -> Request[A]:
    """Make a call that answers 200 with an error in it when it failed."""
    idempotency = Idempotency.IDEMPOTENT
    return Request(name, "POST", path, answer, body, idempotency, problem=lambda got: got.error)
