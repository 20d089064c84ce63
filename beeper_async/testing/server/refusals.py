"""The error responses of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Issue = dict[str, Any]
"""One complaint of a validation error: ``{code, message, path}``."""

_STANDARD = {
    400: ("VALIDATION_ERROR", "Invalid input"),
    401: ("unauthorized", "Unauthorized: Invalid or missing token"),
    403: ("forbidden", "Forbidden"),
    404: ("NOT_FOUND", "Not found"),
    416: ("RANGE_NOT_SATISFIABLE", "No byte of the file is in the range"),
    409: ("CONFLICT", "Conflict with the current state"),
    422: ("VALIDATION_ERROR", "Validation failed"),
    429: ("RATE_LIMITED", "Too many requests"),
    500: ("INTERNAL_ERROR", "Internal error"),
    501: ("NOT_IMPLEMENTED", "Not implemented"),
    502: ("BAD_GATEWAY", "Upstream dependency returned an invalid response"),
}


def error_body(
    status: int, message: str | None = None, *, code: str | None = None, details: Any = None
) -> dict[str, Any]:
    """The JSON body that goes with `status`."""
    default_code, default_message = _STANDARD.get(status, (f"HTTP_{status}", f"Status {status}"))
    body: dict[str, Any] = {"message": message or default_message, "code": code or default_code}
    if details is not None:
        body["details"] = details
    return body


class RefusalError(Exception):
    """Raised by a handler to respond with an error."""

    def __init__(
        self,
        status: int,
        message: str | None = None,
        *,
        code: str | None = None,
        details: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.headers: Mapping[str, str] = headers or {}
        self.body: dict[str, Any] = error_body(status, message, code=code, details=details)
        super().__init__(self.body["message"])


def issue(code: str, message: str, *path: str | int) -> Issue:
    """Describe what is wrong with one value."""
    return {"code": code, "message": message, "path": list(path)}


def malformed(*issues: Issue) -> RefusalError:
    """The values have the wrong shape."""
    return RefusalError(400, details={"issues": list(issues)})


def impossible(*issues: Issue) -> RefusalError:
    """The values have the right shape but make no sense together."""
    return RefusalError(422, details={"issues": list(issues)})


def not_found(what: str, **ids: str) -> RefusalError:
    """There is no such thing."""
    return RefusalError(404, f"{what} not found", details=ids or None)
