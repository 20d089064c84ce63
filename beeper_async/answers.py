"""From the bytes of an answer to its typed value, or to the error that says what is wrong."""

from typing import Any, Final, Generic, TypeVar

import orjson
from attrs import field, frozen

from . import wire
from .errors import APIResponseValidationError
from .request import Request
from .response import ResponseInfo

T = TypeVar("T")


@frozen
class Answer(Generic[T]):
    """A successful answer: parsed, but not yet built into its model.

    Apart, because whoever walks ahead wants to send the next request before building this one.
    """

    request: Request[T]
    response: ResponseInfo
    value: Any
    received: bytes = field(default=b"", repr=False)

    def build(self) -> T:
        """Build the type that the request names."""
        if self.request.answer in _AS_RECEIVED:
            return self.value  # type: ignore[no-any-return]
        try:
            return wire.decode(self.request.answer, self.value)
        except wire.DecodeError as error:
            raise self._misfit(error) from None

    def build_page(self) -> T:
        """Build a page of a listing; goes once, because it uses `value` up."""
        try:
            return wire.decode_page(self.request.answer, self.value, self._again)
        except wire.DecodeError as error:
            raise self._misfit(error) from None

    def _again(self) -> Any:
        return orjson.loads(self.received)

    def _misfit(self, error: wire.DecodeError) -> APIResponseValidationError:
        text = f"the answer doesn't fit: {_some(error.problems)}. `body` holds all of it."
        failure = _misfit(self.request, self.response, text, self._again())
        failure.problems = error.problems
        return failure


_AS_RECEIVED: Final = (bytes, str, type(None))


def parse_answer(request: Request[T], response: ResponseInfo, received: bytes) -> Answer[T]:
    """Read a successful answer as JSON, or as whatever else its request names."""
    tp: Any = request.answer
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
    return Answer(request, response, value, received)


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
