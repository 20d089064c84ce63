"""From the bytes of a response to its typed value, or to the error that says what is wrong."""

from collections.abc import Callable
from types import UnionType
from typing import Any, Final, Generic, TypeVar, Union, get_args, get_origin

import attrs
from attrs import evolve, field, frozen

from .._codec.decoder import Decoded, Misfit, decode_leniently, decode_page
from .._codec.errors import DecodeError
from .._codec.json_text import JSONError, holds_long_integer, loads, loads_exactly
from .._codec.json_values import as_object
from .._codec.sharing import SharedParts, sharing
from .._response import ResponseInfo
from ..errors import APIResponseValidationError
from .request import Request
from .unreadable import Unreadable, UnreadablePolicy

T = TypeVar("T")

_AS_RECEIVED: Final = (bytes, str, type(None))


@frozen
class ParsedResponse(Generic[T]):
    """A successful response: parsed, but not yet built into its model.

    Separate steps, because a prefetch sends the next request before it builds this page.
    """

    request: Request[T]
    response: ResponseInfo
    value: Any = field(repr=False)
    received: bytes = field(repr=False)
    policy: UnreadablePolicy = field(repr=False)
    shared: SharedParts = field(repr=False)
    """What the responses of one client have in common."""
    kept: tuple[int, ...] | None = field(default=None, repr=False)
    """Positions of the items that the pages before did not hold; None for all."""

    def build(self) -> T:
        """Build the type that the request names."""
        if self.request.result_type in _AS_RECEIVED:
            return self.value  # type: ignore[no-any-return]
        decoded = self._decoded(decode_leniently)
        self._report(decoded)
        return decoded.value

    def build_page(self) -> tuple[T, tuple[Unreadable, ...]]:
        """Build a page of a listing; works once, because it uses `value` up.

        Returns:
            The page with the items that can be read, and the records that can't.

        Raises:
            APIResponseValidationError: It is no page, or none of its items can be read.
        """
        decoded = self._decoded(decode_page)
        records = self._report(decoded)
        return decoded.value, tuple(record for record in records if record.item is None)

    def raw_items(self) -> list[Any]:
        """Parse the items of a page once more: as they were received, of whatever type each is."""
        items: Any = loads_exactly(self.received)["items"]
        return items if self.kept is None else [items[index] for index in self.kept]

    def check_not_blank(self) -> None:
        """Refuse an object without any field where a model is expected.

        All fields of some models are optional, so that such an object would fit; but it is not what
        an app answers that has carried out a call.

        Raises:
            APIResponseValidationError: There is no field in it.
        """
        if self.value == {} and _is_model(self.request.result_type):
            raise _misfit_error(self.request, self.response, "the response is empty.", {})

    def _decoded(self, decode: Callable[[type[T], Any], Decoded[T]]) -> Decoded[T]:
        problems: list[str] = []
        try:
            decoded = sharing(self.shared, decode, self.request.result_type, self.value)
            if not decoded.was_walked or not holds_long_integer(self.received):
                return decoded
        except DecodeError as error:
            problems = error.problems
        if holds_long_integer(self.received):
            # The misfit may be a float that stands for an integer beyond 64 bits.
            try:
                return decode(self.request.result_type, self._exact_value())
            except DecodeError as error:
                problems = error.problems
        raise self._refusal(problems)  # out here, so that no frame with what came is its context

    def _report(self, decoded: Decoded[T]) -> list[Unreadable]:
        if not decoded.misfits:
            return []
        if self.policy.is_strict or self._is_hopeless(decoded):
            raise self._refusal([one for misfit in decoded.misfits for one in misfit.problems])
        records = [self._record(misfit) for misfit in decoded.misfits]
        self.policy.report(records)
        return records

    def _is_hopeless(self, decoded: Decoded[T]) -> bool:
        """Return whether no item of several can be read: then the app has changed, not a record."""
        lost = sum(misfit.index is not None and misfit.item is None for misfit in decoded.misfits)
        value: Any = decoded.value
        items: Any = value if value.__class__ is list else getattr(value, "items", ())
        return lost > 1 and not items and not self.policy.accepts_all

    def _record(self, misfit: Misfit) -> Unreadable:
        return Unreadable(misfit.index, misfit.problems, misfit.raw, misfit.item, self.request.name)

    def _exact_value(self) -> Any:
        """Parse the body again, with integers of any size."""
        value = loads_exactly(self.received)
        if self.kept is None:
            return value
        return {**value, "items": [value["items"][index] for index in self.kept]}

    def _refusal(self, problems: list[str]) -> APIResponseValidationError:
        text = f"the response doesn't fit: {_some(problems)}. `body` holds all of it."
        failure = _misfit_error(self.request, self.response, text, json_or_text(self.received))
        failure.problems = problems
        return failure


def parse_response(
    request: Request[T],
    response: ResponseInfo,
    received: bytes,
    policy: UnreadablePolicy,
    shared: SharedParts,
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
        value, problem = _json(received)
        if tp is type(None):
            problem = problem or (_ERROR_IN_200 if _is_error(value) else None)
            value = None
        if problem is not None:
            failure = _misfit_error(request, response, problem, json_or_text(received))
            received, value = b"", None  # tools show the variables of every frame
            raise failure
    return ParsedResponse(request, response, value, received, policy, shared)


_ERROR_IN_200: Final = "the response is an error, although its status is a success."


def _json(received: bytes) -> tuple[Any, str | None]:
    """Return the parsed text, or what is wrong with it."""
    try:
        return loads(received), None
    except JSONError as error:
        return None, (
            f"the response is not JSON ({error}). Something other than the app may be listening at "
            "this address."
        )


def _is_error(value: Any) -> bool:
    """Whether a response without a result says that the call failed, whatever its status."""
    body = as_object(value)
    return body.get("success") is False or "error" in body or {"code", "message"} <= body.keys()


def _is_model(tp: Any) -> bool:
    members = get_args(tp) if get_origin(tp) in (Union, UnionType) else (tp,)
    return all(attrs.has(get_origin(member) or member) for member in members)


def unreadable_response(
    request: Request[Any], response: ResponseInfo, received: bytes
) -> APIResponseValidationError:
    """Make the error of a response whose reading failed in a way that nobody foresaw."""
    return _misfit_error(request, response, "the response can't be read.", json_or_text(received))


def without_repeats(
    parsed: ParsedResponse[T], items: list[Any], new_items: list[Any]
) -> ParsedResponse[T]:
    """Return a page without the items that pages before it held."""
    new = {id(item) for item in new_items}
    kept = tuple(index for index, item in enumerate(items) if id(item) in new)
    return evolve(parsed, value={**parsed.value, "items": new_items}, kept=kept)


def _misfit_error(
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
        return loads_exactly(received)
    except JSONError:
        return received.decode(errors="replace")
