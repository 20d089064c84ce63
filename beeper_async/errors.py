"""The exceptions.

    BeeperDesktopError                      everything this library raises
     ├─ ConfigurationError                  a base URL that is none, a bad header
     │   └─ MissingTokenError               no access token
     ├─ ClientUseError  (RuntimeError)      closed client, client used from another event loop
     ├─ InvalidInputError  (ValueError)     refused before anything was sent
     ├─ PaginationError                     the app's pages lead in circles
     ├─ SubscriptionError                   the app refuses to tell of what was asked for
     ├─ DeliveryError                       a sent message did not arrive
     │   ├─ DeliveryFailedError             the network refused it
     │   └─ DeliveryTimeoutError            nothing was heard of it in time
     └─ APIError                            a call went wrong
         ├─ OutcomeUnknownError             sent once, and the app may have done it or not; always
         │                                  also one of the three that it came from:
         ├─ APIConnectionError              no answer, or only a part of one
         │   └─ APITimeoutError
         ├─ APIResponseValidationError      an answer that doesn't fit its model
         ├─ AssetError                      an upload or download that the app could not do
         └─ APIStatusError                  an answer that says no
             ├─ BadRequestError             400
             ├─ AuthenticationError         401
             ├─ PermissionDeniedError       403
             ├─ NotFoundError               404
             ├─ ConflictError               409
             ├─ UnprocessableEntityError    422
             ├─ RateLimitError              429
             └─ InternalServerError         500 and above

No exception text and no pickle carries a token, a header or the content of a message.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from ._http.options import Options
    from ._response import RequestInfo, ResponseInfo
    from .models.error import ValidationIssue
    from .models.message import Message


class BeeperDesktopError(Exception):
    """Base of every error of this library."""


class ConfigurationError(BeeperDesktopError):
    """The client can't be set up like this; the text says which setting to change."""


class MissingTokenError(ConfigurationError):
    """There is no access token; the text says how to make one."""


class ClientUseError(BeeperDesktopError, RuntimeError):
    """The client was used after it was closed, or from another event loop than its own."""


class InvalidInputError(BeeperDesktopError, ValueError):
    """A parameter that the app would refuse. Nothing was sent."""


class PaginationError(BeeperDesktopError):
    """There is no next page, or the app's pages lead in circles.

    A listing that would go on for ever is stopped by it.
    """


class SubscriptionError(BeeperDesktopError):
    """The app refuses a subscription to live events.

    Attributes:
        code: The app's reason, e.g. `INVALID_PAYLOAD`.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> Any:
        return type(self), (str(self), self.code)


class DeliveryError(BeeperDesktopError):
    """A message was taken by the app, but did not arrive.

    Attributes:
        pending_message_id: What `messages.send` answered; `messages.retrieve` takes it.
        sent_message: The message as it was last seen, or None.
    """

    def __init__(
        self, text: str, *, pending_message_id: str, sent_message: "Message | None" = None
    ) -> None:
        super().__init__(text)
        self.pending_message_id = pending_message_id
        self.sent_message = sent_message

    def __reduce__(self) -> Any:
        # The message stays in the process that read it.
        return _rebuild_delivery, (type(self), str(self), self.pending_message_id)


class DeliveryFailedError(DeliveryError):
    """The network did not take the message; `sent_message.send_status` says more."""

    @property
    def reason(self) -> str | None:
        """The network's reason, as a word for programs."""
        status = self.sent_message.send_status if self.sent_message else None
        return status.reason if status else None

    @property
    def retriable(self) -> bool:
        """Whether the network might take it another time."""
        status = self.sent_message.send_status if self.sent_message else None
        return status is not None and status.status == "FAIL_RETRIABLE"


class DeliveryTimeoutError(DeliveryError):
    """The message was neither delivered nor refused in the time given; it may still arrive."""


def _rebuild_delivery(cls: type[DeliveryError], text: str, pending: str) -> DeliveryError:
    return cls(text, pending_message_id=pending)


class APIError(BeeperDesktopError):
    """A call to the app went wrong.

    Attributes:
        message: What went wrong and what to do about it.
        request: Which call it was: its name, method and URL, without headers or body.
        body: What was received: parsed JSON, or the text if it was none, or None.
    """

    def __init__(self, message: str, *, request: "RequestInfo", body: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.request = request
        self.body = body

    @property
    def code(self) -> str | None:
        """The app's own error code, if it sent one. The codes are not published; log them."""
        code = self.body.get("code") if isinstance(self.body, Mapping) else None
        return code if isinstance(code, str) else None

    def _without_content(self) -> dict[str, Any]:
        return {"request": self.request.without_query()}

    def __reduce__(self) -> Any:
        # A body can hold messages, so it stays in the process that received it.
        return _rebuild, (type(self), self.message, self._without_content())


def _rebuild(cls: type[APIError], message: str, kept: dict[str, Any]) -> APIError:
    return cls(message, **kept)


class OutcomeUnknownError(APIError):
    """A call that must not happen twice was sent, and nobody knows whether the app did it.

    It is not repeated. For a message, `client.messages.find_sent(...)` tells whether it is there;
    send it again only if it isn't. Each such error is also an APIConnectionError, a ConflictError
    or an InternalServerError, by what came back.

    Attributes:
        sent: The body that was sent, so that nothing of it is lost.
        sent_at: When it was sent, by the clock of the app as far as its answers told it.
    """

    sent: Any = None
    sent_at: datetime | None = None


class APIConnectionError(APIError):
    """The app could not be reached, or its answer did not arrive.

    Attributes:
        never_sent: True if the request certainly never reached the app.
    """

    never_sent: bool = False


class APITimeoutError(APIConnectionError):
    """The app did not answer in time."""


class _AnsweredError(APIError):
    def __init__(
        self,
        message: str,
        *,
        request: "RequestInfo",
        response: "ResponseInfo",
        body: Any = None,
    ) -> None:
        super().__init__(message, request=request, body=body)
        self.response = response
        self.status_code: int = response.status_code

    def _without_content(self) -> dict[str, Any]:
        return super()._without_content() | {"response": self.response.without_headers()}


class APIResponseValidationError(_AnsweredError):
    """The app's answer does not fit its model.

    Attributes:
        problems: Each place that doesn't fit, as a path on the wire: `items[3].unreadCount: ...`.
        body: The whole answer as it was received, so nothing of it is lost.
    """

    problems: Sequence[str] = ()


class AssetError(_AnsweredError):
    """A file could not be fetched or taken in, although the app answered 200."""


class APIStatusError(_AnsweredError):
    """The app answered with an error status.

    Attributes:
        status_code: The HTTP status.
        response: Status, headers and elapsed time of the answer.
    """

    @property
    def issues(self) -> "list[ValidationIssue]":
        """The single faults of a request that failed validation, or an empty list."""
        from ._codec.converter import DecodeError, decode
        from .models.error import ValidationDetails

        details = self.body.get("details") if isinstance(self.body, Mapping) else None
        try:
            return decode(ValidationDetails, details).issues
        except DecodeError:
            return []


class BadRequestError(APIStatusError):
    """400: the app could not make sense of the request."""


class AuthenticationError(APIStatusError):
    """401: the token is missing, unknown, expired or revoked."""


class PermissionDeniedError(APIStatusError):
    """403: the token lacks the scope that the call needs."""


class NotFoundError(APIStatusError):
    """404: there is no such thing, or the app is too old for the call."""


class ConflictError(APIStatusError):
    """409: the call conflicts with the present state."""


class UnprocessableEntityError(APIStatusError):
    """422: a parameter failed the app's validation; see `issues`."""


class RateLimitError(APIStatusError):
    """429: too many calls."""


class InternalServerError(APIStatusError):
    """500 and above: the app, or something between, failed."""


class LostAnswerError(OutcomeUnknownError, APIConnectionError):
    """The connection broke after an unsafe call was sent."""


class LateAnswerError(OutcomeUnknownError, APITimeoutError):
    """An unsafe call was sent, and no answer came in time."""


class ConflictingAnswerError(OutcomeUnknownError, ConflictError):
    """An unsafe call was answered with 409."""


class FailedAnswerError(OutcomeUnknownError, InternalServerError):
    """An unsafe call was answered with a failure of the app."""


def outcome_unknown(error: APIError, sent: Any, sent_at: datetime) -> OutcomeUnknownError | None:
    """Turn an error into the one that says so, if the app may have done what it was asked to."""
    advice = "It may have been done all the same, so it is not repeated: look before trying again."
    text = f"{error.message} {advice}"
    unknown: OutcomeUnknownError
    if isinstance(error, APITimeoutError) and not error.never_sent:
        unknown = LateAnswerError(text, request=error.request, body=error.body)
    elif isinstance(error, APIConnectionError) and not error.never_sent:
        unknown = LostAnswerError(text, request=error.request, body=error.body)
    elif isinstance(error, InternalServerError) and error.status_code != 501:
        unknown = FailedAnswerError(
            text, request=error.request, response=error.response, body=error.body
        )
    elif isinstance(error, ConflictError):
        unknown = ConflictingAnswerError(
            text, request=error.request, response=error.response, body=error.body
        )
    else:
        return None
    unknown.sent, unknown.sent_at = sent, sent_at
    return unknown


_BY_STATUS: dict[int, tuple[type[APIStatusError], str]] = {
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


def status_error(request: "RequestInfo", response: "ResponseInfo", body: Any) -> APIStatusError:
    """Choose and fill the exception for an answer with an error status."""
    status = response.status_code
    cls, advice = _BY_STATUS.get(status, (APIStatusError, ""))
    if status >= 500:
        cls, advice = InternalServerError, "The fault is on the app's side; see its log."
    elif 300 <= status < 400:
        location = urlsplit(response.headers.get("Location", ""))
        target = f"{location.scheme}://{location.netloc}" if location.netloc else "another place"
        advice = f"Redirects are not followed. Set base_url to where it points: {target}"
    said = body.get("message") if isinstance(body, Mapping) else None
    code = body.get("code") if isinstance(body, Mapping) else None
    text = f"{request.name}: the app answered {status}"
    text += f" ({code})" if isinstance(code, str) else ""
    text += f": {_one_line(said)}." if isinstance(said, str) and said else "."
    error = cls(f"{text} {advice}".rstrip(), request=request, response=response, body=body)
    if error.issues:
        issue = error.issues[0]
        where = ".".join(map(str, issue.path))
        error.message = f"{text} {where}: {_one_line(issue.message)}. {advice}"
        error.args = (error.message,)
    return error


def _one_line(text: str) -> str:
    """Make the words of a server fit for a log: one line, printable, not endless."""
    clean = "".join(char if char.isprintable() else " " for char in text[:300])
    return " ".join(clean.split()).rstrip(".")


def asset_error(
    request: "RequestInfo", response: "ResponseInfo", problem: str, body: Any
) -> AssetError:
    """Make the error of an answer that is a failure in spite of its status."""
    text = f"{request.name}: the app could not do it: {_one_line(problem)}."
    return AssetError(text, request=request, response=response, body=body)


def timed_out(request: "RequestInfo", options: "Options", never_sent: bool) -> APITimeoutError:
    """Make the error of a call that got no answer, or no connection, in time."""
    if never_sent:
        text = f"no connection to {options.base_url} within {options.timeout.connect} s"
    else:
        text = f"no answer from {options.base_url} within {options.timeout.total} s"
    advice = "`with_options(timeout=...)` waits longer."
    error = APITimeoutError(f"{request.name}: {text}. {advice}", request=request)
    error.never_sent = never_sent
    return error


def unreachable(request: "RequestInfo", options: "Options", never_sent: bool) -> APIConnectionError:
    """Make the error of a call whose connection could not be made, or broke."""
    if never_sent:
        text = (
            f"no connection to {options.base_url}. Is Beeper Desktop running, and its API "
            "switched on under Settings, Developers? Another address goes into BEEPER_BASE_URL."
        )
    else:
        text = f"the connection to {options.base_url} broke before the answer was here."
    error = APIConnectionError(f"{request.name}: {text}", request=request)
    error.never_sent = never_sent
    return error
