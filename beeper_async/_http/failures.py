"""From a failed call to the exception that says what happened and what to do."""

from datetime import datetime
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlsplit

from .._codec.decoder import decode
from .._codec.errors import DecodeError
from .._codec.json_values import as_object
from .._response import RequestInfo, ResponseInfo
from ..errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AssetError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ConflictResponseError,
    FailedResponseError,
    InternalServerError,
    LateResponseError,
    LostResponseError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    UnclearResponseError,
    UnprocessableEntityError,
    UnreadableResponseError,
)
from ..models.error import ValidationDetails, ValidationIssue
from .options import Options
from .outcome import AttemptState


def outcome_unknown(error: APIError, sent: Any, sent_at: datetime) -> OutcomeUnknownError:
    """Turn the error of an unsafe call into the one that says that its outcome is unknown.

    Args:
        error: The error of the last attempt.
        sent: The body that was sent.
        sent_at: When it was sent, by the app's clock.
    """
    text = (
        f"{error.message} The app may have carried it out all the same, so it is not retried: "
        "check before you try again."
    )
    known: dict[str, Any] = {"request": error.request, "body": error.body}
    if isinstance(error, APIStatusError | APIResponseValidationError):
        known["response"] = error.response
    kind = next(kind for kind in _UNKNOWN_KINDS if isinstance(error, kind))
    unknown = _UNKNOWN_KINDS[kind](text, **known)
    if isinstance(unknown, APIResponseValidationError) and isinstance(
        error, APIResponseValidationError
    ):
        unknown.problems = error.problems
    if isinstance(unknown, APIStatusError) and isinstance(error, APIStatusError):
        unknown.issues, unknown.retry_after = error.issues, error.retry_after
    unknown.sent, unknown.sent_at = sent, sent_at
    unknown.__cause__ = error.__cause__
    return unknown


# The first one that fits decides: derived classes before their bases.
_UNKNOWN_KINDS: Final[dict[type[APIError], type[OutcomeUnknownError]]] = {
    APITimeoutError: LateResponseError,
    APIConnectionError: LostResponseError,
    ConflictError: ConflictResponseError,
    InternalServerError: FailedResponseError,
    APIStatusError: UnclearResponseError,
    APIResponseValidationError: UnreadableResponseError,
}


_BY_STATUS: Final[dict[int, tuple[type[APIStatusError], str]]] = {
    400: (BadRequestError, "Check the parameters; `issues` may name them."),
    401: (
        AuthenticationError,
        "Make a new token in the app under Settings, Developers, and hand it in as access_token "
        "or in BEEPER_ACCESS_TOKEN.",
    ),
    403: (PermissionDeniedError, "Use a token with the scope that this call needs."),
    404: (NotFoundError, "Check the ID; it may also be that the app is too old for this call."),
    409: (ConflictError, "Read the present state before trying again."),
    422: (UnprocessableEntityError, "Check the parameters; `issues` names them."),
    429: (RateLimitError, "Wait before trying again."),
}


def status_error(request: RequestInfo, response: ResponseInfo, body: Any) -> APIStatusError:
    """Choose and fill the exception for an answer with an error status."""
    status = response.status_code
    cls, advice = _BY_STATUS.get(status, (APIStatusError, ""))
    if status >= 500:
        cls, advice = InternalServerError, "The fault is on the app's side; see its log."
    elif 300 <= status < 400:
        target = _origin_of(response.headers.get("Location", ""))
        advice = f"Redirects are not followed. Set base_url to where it points: {target}"
    said, code = as_object(body).get("message"), as_object(body).get("code")
    text = f"{request.name}: the app answered {status}"
    text += f" ({_one_line(code)})" if isinstance(code, str) else ""
    text += f": {_one_line(said)}." if isinstance(said, str) and said else "."
    issues = _issues_of(body)
    if issues:
        where = ".".join(map(str, issues[0].path))
        text = f"{text} {where}: {_one_line(issues[0].message)}."
    error = cls(f"{text} {advice}".rstrip(), request=request, response=response, body=body)
    error.issues = issues
    return error


def _origin_of(location: str) -> str:
    """Return scheme, host and port of where a redirect leads; its path may hold what was sent."""
    try:
        parts = urlsplit(location)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        return "another place"
    if not host:
        return "another place"
    host = f"[{host}]" if ":" in host else host
    return _one_line(f"{scheme}://{host}" + ("" if port is None else f":{port}"))


def _issues_of(body: Any) -> list[ValidationIssue]:
    try:
        return decode(ValidationDetails, as_object(body).get("details")).issues
    except DecodeError:
        return []


def _one_line(text: str) -> str:
    """Make the words of a server fit for a log: one line, printable, not endless."""
    clean = "".join(char if char.isprintable() else " " for char in text[:300])
    return " ".join(clean.split()).rstrip(".")


def asset_error(
    request: RequestInfo, response: ResponseInfo, problem: str, body: Any
) -> AssetError:
    """Make the error of an answer that is a failure in spite of its status."""
    text = f"{request.name}: the app could not do it: {_one_line(problem)}."
    return AssetError(text, request=request, response=response, body=body)


def connection_error(
    request: RequestInfo, options: Options, state: AttemptState, *, timed_out: bool
) -> APIConnectionError:
    """Make the error of an attempt that got no complete response.

    Args:
        request: The call.
        options: The options that it was sent with.
        state: How far the attempt came.
        timed_out: Whether a time limit ended it.
    """
    never_sent = state is AttemptState.NEVER_SENT
    text = _CONNECTION_TEXTS[never_sent, timed_out].format(
        url=options.base_url, connect=options.timeout.connect, total=options.timeout.total
    )
    cls = APITimeoutError if timed_out else APIConnectionError
    error = cls(f"{request.name}: {text}", request=request)
    error.never_sent = never_sent
    return error


# By (never sent, timed out).
_CONNECTION_TEXTS: Final = {
    (
        True,
        True,
    ): "no connection to {url} in time: {connect} s for the connection itself, {total} s "
    "to wait for a free one. `with_options(timeout=...)` waits longer.",
    (False, True): "no response from {url} within {total} s. `with_options(timeout=...)` waits "
    "longer.",
    (True, False): "no connection to {url}. Is Beeper Desktop running, and its API switched on "
    "under Settings, Developers? Another address goes into BEEPER_BASE_URL.",
    (False, False): "the connection to {url} broke before the response was complete.",
}


ErrorT = TypeVar("ErrorT", bound=BaseException)


def without_frames(error: ErrorT) -> ErrorT:
    """Drop the tracebacks of an exception and of all that it came from.

    Frames of aiohttp hold headers with the token, frames of decoding hold what was received. Tools
    that report errors show the variables of every frame.
    """
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        current.__traceback__ = None
        pending += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            pending += cast("tuple[BaseException, ...]", current.exceptions)
    return error
