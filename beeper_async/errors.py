"""The exceptions.

    BeeperDesktopError                      everything this library raises
     ├─ ConfigurationError                  a base URL that is none, a bad header
     │   ├─ MissingTokenError               no access token
     │   └─ TokenStoreError                 the stored token can't be read; in `auth`
     ├─ ClientUseError  (RuntimeError)      closed client or session, another event loop, trio
     │   └─ CheckpointInUseError            another program keeps its checkpoint in that file
     ├─ InvalidInputError  (ValueError)     refused before anything was sent
     │   └─ OtherAccountError               what was kept belongs to another account
     ├─ DecodeError  (ValueError)           JSON that doesn't fit its model, in `from_dict`
     ├─ FileChangedError                    a file changed while it was uploaded
     ├─ PaginationError                     the app's pages lead in circles, or can't be read
     ├─ ResolveError                        a text names not exactly one chat or person
     │   ├─ AmbiguousChatError              it names several chats
     │   ├─ AmbiguousContactError           it names several people
     │   ├─ ChatNotFoundError               it names no chat
     │   └─ ContactNotFoundError            it names no person
     ├─ SubscriptionError                   the app refuses to tell of what was asked for
     ├─ DeliveryError                       a sent message did not arrive
     │   ├─ DeliveryFailedError             the network refused it
     │   ├─ DeliveryTimeoutError            nothing was heard of it in time
     │   └─ DeliveryUnknownError            the token may not look at it any more
     └─ APIError                            a call went wrong
         ├─ OutcomeUnknownError             sent once, and the app may have done it or not; always
         │                                  also one of those that it came from: APIConnectionError,
         │                                  APITimeoutError, APIResponseValidationError,
         │                                  ConflictError, InternalServerError, APIStatusError
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

No exception text and no pickle carries a token, a header or the content of a message. A pickle or
a copy has all attributes and notes of an exception, except for what was sent or received: `body`,
`sent`, `items`, `candidates`, `near`, `sent_message`, `response.headers`, the query of
`request.url` and the `extra` of `issues`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ._codec.errors import BeeperDesktopError as BeeperDesktopError, DecodeError as DecodeError
from ._codec.json_values import as_object

if TYPE_CHECKING:
    from ._response import RequestInfo, ResponseInfo
    from .models.chat import Chat
    from .models.contact import Contact
    from .models.error import ValidationIssue
    from .models.message import Message


class ConfigurationError(BeeperDesktopError):
    """The client can't be set up like this; the text says which setting to change."""


class MissingTokenError(ConfigurationError):
    """There is no access token; the text says how to make one."""


class ClientUseError(BeeperDesktopError, RuntimeError):
    """The client was used in a way that can't work; the text says what to do.

    It or its session was closed, belongs to another event loop, or is used outside of asyncio.
    """


class CheckpointInUseError(ClientUseError):
    """A checkpoint file has another owner; the text says what to do."""


class InvalidInputError(BeeperDesktopError, ValueError):
    """A parameter that the app would refuse. Nothing was sent."""


class OtherAccountError(InvalidInputError):
    """A checkpoint, or the store of a bot, belongs to another Beeper account."""


class FileChangedError(BeeperDesktopError):
    """A file grew or shrank while it was uploaded. The upload was broken off."""


class PaginationError(BeeperDesktopError):
    """There is no next page, or the app's pages lead in circles or can't be read.

    A listing that would go on for ever is stopped by it.

    Attributes:
        items: The items received before, if it ended a `collect()`; otherwise empty.
    """

    def __init__(self, message: str, items: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.items = items

    def _without_content(self) -> dict[str, Any]:
        return {"items": ()}


class ResolveError(BeeperDesktopError):
    """A text does not name exactly one chat or person."""


class AmbiguousChatError(ResolveError):
    """More than one chat matches; none of them is chosen.

    Attributes:
        candidates: All chats that match. The `id` of one decides.
    """

    def __init__(self, message: str, candidates: "Sequence[Chat]" = ()) -> None:
        super().__init__(message)
        self.candidates: Sequence[Chat] = candidates

    def _without_content(self) -> dict[str, Any]:
        return {"candidates": ()}


class AmbiguousContactError(ResolveError):
    """More than one person matches; none of them is chosen.

    Attributes:
        candidates: All people that match. The `user.id` of one decides.
    """

    def __init__(self, message: str, candidates: "Sequence[Contact]" = ()) -> None:
        super().__init__(message)
        self.candidates: Sequence[Contact] = candidates

    def _without_content(self) -> dict[str, Any]:
        return {"candidates": ()}


class ChatNotFoundError(ResolveError):
    """No chat matches.

    Attributes:
        near: Up to 5 chats that are similar, the most similar first, as a hint for people.
    """

    def __init__(self, message: str, near: "Sequence[Chat]" = ()) -> None:
        super().__init__(message)
        self.near: Sequence[Chat] = near

    def _without_content(self) -> dict[str, Any]:
        return {"near": ()}


class ContactNotFoundError(ResolveError):
    """No person matches.

    Attributes:
        near: Up to 5 people that are similar, the most similar first, as a hint for people.
    """

    def __init__(self, message: str, near: "Sequence[Contact]" = ()) -> None:
        super().__init__(message)
        self.near: Sequence[Contact] = near

    def _without_content(self) -> dict[str, Any]:
        return {"near": ()}


class SubscriptionError(BeeperDesktopError):
    """The app refuses a subscription to live events.

    Attributes:
        code: The app's reason, e.g. `INVALID_PAYLOAD`.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


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

    def _without_content(self) -> dict[str, Any]:
        return {"sent_message": None}


class DeliveryFailedError(DeliveryError):
    """The network refused it; `sent_message.send_status` says more.

    Attributes:
        reason: The network's reason, as a word for programs, or None.
        retriable: Whether the network might take it another time.
    """

    def __init__(
        self, text: str, *, pending_message_id: str, sent_message: "Message | None" = None
    ) -> None:
        super().__init__(text, pending_message_id=pending_message_id, sent_message=sent_message)
        status = sent_message.send_status if sent_message else None
        self.reason: str | None = status.reason if status else None
        self.retriable: bool = status is not None and status.status == "FAIL_RETRIABLE"


class DeliveryTimeoutError(DeliveryError):
    """The message was neither delivered nor refused in the time given; it may still arrive."""


class DeliveryUnknownError(DeliveryError):
    """The message was sent, but access to it was refused (401 or 403): don't send it again.

    `__cause__` is the `AuthenticationError` or `PermissionDeniedError`.
    """


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
        code = as_object(self.body).get("code")
        return code if isinstance(code, str) else None

    def _without_content(self) -> dict[str, Any]:
        return {"request": self.request.without_query(), "body": None}


class OutcomeUnknownError(APIError):
    """A call that must not happen twice was sent, and nobody knows whether the app did it.

    It is not repeated. For a message, `client.messages.find_sent(...)` tells whether it is there
    yet; that it isn't proves nothing, for the request can still arrive. Each such error is also an
    APIConnectionError, an APIResponseValidationError or an APIStatusError, by what came back.

    Attributes:
        sent: The body that was sent, so that nothing of it is lost.
        sent_at: When it was sent, by the clock of the app as far as its answers told it.
    """

    sent: Any = None
    sent_at: datetime | None = None

    def _without_content(self) -> dict[str, Any]:
        return super()._without_content() | {"sent": None}


class APIConnectionError(APIError):
    """The app could not be reached, or its answer did not arrive.

    Attributes:
        never_sent: True if the request provably never reached the app. Also true if the upload of
            a message's file failed, because the message was not sent then.
    """

    never_sent: bool = False


class APITimeoutError(APIConnectionError):
    """The app did not answer in time."""


class _ResponseError(APIError):
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


class APIResponseValidationError(_ResponseError):
    """The app's answer does not fit its model.

    Attributes:
        problems: Each place that doesn't fit, as a path on the wire: `items[3].unreadCount: ...`.
        body: The whole answer as it was received, so nothing of it is lost.
    """

    problems: Sequence[str] = ()


class AssetError(_ResponseError):
    """A file could not be fetched or taken in, although the app answered 200."""


class APIStatusError(_ResponseError):
    """The app answered with an error status.

    Attributes:
        status_code: The HTTP status.
        response: Status, headers and elapsed time of the response.
        issues: The single faults of a request that failed validation, or an empty list.
        retry_after: Seconds that the app asks to wait before the next request, by its header
            Retry-After. None if it named none.
    """

    retry_after: float | None = None

    def __init__(
        self,
        message: str,
        *,
        request: "RequestInfo",
        response: "ResponseInfo",
        body: Any = None,
    ) -> None:
        super().__init__(message, request=request, response=response, body=body)
        self.issues: list[ValidationIssue] = []

    def _without_content(self) -> dict[str, Any]:
        from attrs import evolve  # here, because catching errors needs none of it

        issues = [evolve(issue, extra=None) for issue in self.issues]
        return super()._without_content() | {"issues": issues}


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
    """429: too many calls. Wait `retry_after` seconds before the next one, if it is not None.

    Raised at once, without a retry, if that is longer than the `max_retry_after` of the client.
    """


class InternalServerError(APIStatusError):
    """500 and above: the app, or something between, failed."""


class LostResponseError(OutcomeUnknownError, APIConnectionError):
    """The connection broke after an unsafe call was sent."""


class LateResponseError(OutcomeUnknownError, APITimeoutError):
    """An unsafe call was sent, and no answer came in time."""


class ConflictResponseError(OutcomeUnknownError, ConflictError):
    """An unsafe call was answered with 409."""


class FailedResponseError(OutcomeUnknownError, InternalServerError):
    """An unsafe call was answered with a failure of the app."""


class UnclearResponseError(OutcomeUnknownError, APIStatusError):
    """An unsafe call was answered with 408, a redirect, or another status that settles nothing."""


class UnreadableResponseError(OutcomeUnknownError, APIResponseValidationError):
    """An unsafe call was answered with a success whose body is not what the call expects."""
