"""From the bytes of a response to its typed value, or to the error that says what is wrong."""

from types import UnionType
from typing import Any, Final, Generic, TypeVar, Union, cast, get_args, get_origin

import attrs
import orjson
from attrs import field, frozen

from .._codec import converter
from .._codec.json_values import as_object, is_object
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
    value: Any = field(repr=False)
    received: bytes = field(default=b"", repr=False)

    def build(self) -> T:
        """Build the type that the request names."""
        if self.request.result_type in _AS_RECEIVED:
            return self.value  # type: ignore[no-any-return]
        try:
            return converter.decode(self.request.result_type, self.value)
        except converter.DecodeError as error:
            problems = error.problems
        raise self._misfit(problems)  # out here, so that no frame with what came is its context

    def build_page(self) -> T:
        """Build a page of a listing; goes once, because it uses `value` up."""
        if not is_object(self.value):
            return self.build()
        try:
            # Unnamed: tools that report errors show the variables of every frame.
            return converter.decode_page(
                self.request.result_type, cast("dict[str, Any]", self.value), self._again
            )
        except converter.DecodeError as error:
            problems = error.problems
        raise self._misfit(problems)

    def _again(self) -> Any:
        return orjson.loads(self.received)

    def check_not_blank(self) -> None:
        """Refuse an object without any field where a model is expected.

        All fields of some models are optional, so that such an object would fit; but it is not what
        an app answers that has carried out a call.

        Raises:
            APIResponseValidationError: There is no field in it.
        """
        if self.value == {} and _is_model(self.request.result_type):
            raise _misfit(self.request, self.response, "the answer is empty.", {})

    def _misfit(self, problems: list[str]) -> APIResponseValidationError:
        text = f"the answer doesn't fit: {_some(problems)}. `body` holds all of it."
        failure = _misfit(self.request, self.response, text, self._again())
        failure.problems = problems
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
    elif tp is type(None) and not received.strip():
        value = None
    else:
        value = _json(received)
        problem = _NOT_JSON if value is _NO_JSON else None
        if tp is type(None):
            problem = problem or (_ERROR_IN_200 if _is_error(value) else None)
            value = None
        if problem is not None:
            failure = _misfit(request, response, problem, json_or_text(received))
            received, value = b"", None  # tools show the variables of every frame
            raise failure
    return ParsedResponse(request, response, value, received)


_NO_JSON: Final = object()
_ERROR_IN_200: Final = "the answer is an error, although its status is a success."
_NOT_JSON: Final = (
    "the answer is not JSON. Something other than the app may be listening at this address."
)


def _json(received: bytes) -> Any:
    try:
        return orjson.loads(received)
    except orjson.JSONDecodeError:
        return _NO_JSON


def _is_error(value: Any) -> bool:
    """Whether a response without a result says that the call failed, whatever its status."""
    told = as_object(value)
    return told.get("success") is False or "error" in told or {"code", "message"} <= told.keys()


def _is_model(tp: Any) -> bool:
    members = get_args(tp) if get_origin(tp) in (Union, UnionType) else (tp,)
    return all(attrs.has(get_origin(member) or member) for member in members)


def unreadable(
    request: Request[Any], response: ResponseInfo, received: bytes
) -> APIResponseValidationError:
    """Make the error of a response whose reading failed in a way that nobody foresaw."""
    return _misfit(request, response, "the answer can't be read.", json_or_text(received))


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
