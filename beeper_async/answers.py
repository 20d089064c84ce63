"""From the bytes of an answer to its typed value, or to the error that says what is wrong."""

from typing import Any, TypeVar

import orjson

from . import wire
from .errors import APIResponseValidationError
from .request import Request
from .response import ResponseInfo

T = TypeVar("T")


def decode_answer(request: Request[T], response: ResponseInfo, received: bytes) -> T:
    """Decode a successful answer to the type that its request names."""
    tp: Any = request.answer
    if tp is bytes:
        return received  # type: ignore[return-value]
    if tp is str:
        return received.decode(errors="replace")  # type: ignore[return-value]
    if tp is type(None):
        return None  # type: ignore[return-value]
    try:
        value = orjson.loads(received)
    except orjson.JSONDecodeError:
        raise APIResponseValidationError(
            f"{request.name}: the answer is not JSON. Something other than the app may be "
            "listening at this address.",
            request=response.request,
            response=response,
            body=json_or_text(received),
        ) from None
    try:
        return wire.decode(request.answer, value)
    except wire.DecodeError as error:
        failure = APIResponseValidationError(
            f"{request.name}: the answer doesn't fit: {_some(error.problems)}. `body` holds all "
            "of it.",
            request=response.request,
            response=response,
            body=value,
        )
        failure.problems = error.problems
        raise failure from None


def _some(problems: list[str], most: int = 5) -> str:
    """Name the first few problems; a page of broken items has hundreds."""
    more = f"; and {len(problems) - most} more" if len(problems) > most else ""
    return "; ".join(problems[:most]) + more


def json_or_text(received: bytes) -> Any:
    """Read what came as JSON, or else keep it as text; None if there was nothing."""
    if not received:
        return None
    try:
        return orjson.loads(received)
    except orjson.JSONDecodeError:
        return received.decode(errors="replace")
