"""From the bytes of a response to its typed value, or to the error that says what is wrong."""

from typing import Any, Final, Generic, TypeVar

import orjson
from attrs import field, frozen

from .._codec import converter
from .._response import ResponseInfo
from ..errors import APIResponseValidationError
from .request import Request

T = TypeVar("T")


@frozen
class ParsedResponse(Generic[T]):
    """A successful response: parsed, but not yet built into its model.

    Separate steps, because a prefetch sends the next request before it builds this page.
    """

    request: Request[T]
    response: ResponseInfo
    value: Any
    received: bytes = field(default=b"", repr=False)

    def build(self) -> T:
        """Build the type that the request names."""
        if self.request.result_type in _AS_RECEIVED:
            return self.value  # type: ignore[no-any-return]
        try:
            return converter.decode(self.request.result_type, self.value)
        except converter.DecodeError as error:
            raise self._misfit(error) from None

    def build_page(self) -> T:
        """Build a page of a listing; goes once, because it uses `value` up."""
        try:
            return converter.decode_page(self.request.result_type, self.value, self._again)
        except converter.DecodeError as error:
            raise self._misfit(error) from None

    def _again(self) -> Any:
        return orjson.loads(self.received)

    def _misfit(self, error: converter.DecodeError) -> APIResponseValidationError:
        text = f"the answer doesn't fit: {_some(error.problems)}. `body` holds all of it."
        failure = _misfit(self.request, self.response, text, self._again())
        failure.problems = error.problems
        return failure


_AS_RECEIVED: Final = (bytes, str, type(None))


def parse_response(
    request: Request[T], response: ResponseInfo, received: bytes
) -> ParsedResponse[T]:
    """Read a successful response as JSON, or as whatever else its request names."""
    tp: Any = request.result_type
    if tp is bytes:
        value: Any = received
    elif tp is str:
        value = received.decode(errors="replace")
    elif tp is type(None):
        value = None
    else:
        try:
            value = orjson.loads(received)
        except orjson.JSONDecodeError:
            text = (
                "the answer is not JSON. Something other than the app may be listening at this "
                "address."
            )
            raise _misfit(request, response, text, json_or_text(received)) from None
    return ParsedResponse(request, response, value, received)


def _misfit(
    request: Request[Any], response: ResponseInfo, text: str, body: Any
) -> APIResponseValidationError:
    return APIResponseValidationError(
        f"{request.name}: {text}", request=response.request, response=response, body=body
    )


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
