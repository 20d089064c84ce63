"""A request as it goes out: address, headers and bytes, the same for each of its attempts. Pure."""

from typing import Any, Generic, TypeVar

import orjson
from attrs import evolve, field, frozen

from .._codec.encoder import encode
from .._codec.json_values import holds_non_finite, is_object
from .._omit import Omit
from .._response import RequestInfo
from ..errors import InvalidInputError
from .options import Options, merged_headers
from .query import encode_pairs
from .request import Form, Idempotency, Request
from .uploads import Multipart

T = TypeVar("T")


@frozen
class PreparedRequest(Generic[T]):
    """A request with everything that its attempts have in common."""

    request: Request[T]
    info: RequestInfo
    options: Options
    headers: dict[str, str] = field(repr=False)
    body: bytes | Multipart | None = field(repr=False)
    streams: bool

    @property
    def is_transfer(self) -> bool:
        """Whether it may take as long as it likes, as long as bytes keep moving."""
        return self.streams or isinstance(self.body, Multipart)


def prepare(request: Request[T], options: Options, *, streams: bool = False) -> PreparedRequest[T]:
    """Put together what goes out: the request, and what the options add to it."""
    url = options.base_url + request.path
    if options.default_query and (query := options.query()):
        url += ("&" if "?" in request.path else "?") + encode_pairs(query)
    is_form = isinstance(request.body, Multipart | Form)  # to which no fields are added
    if options.extra_body and request.idempotency is Idempotency.IDEMPOTENT and not is_form:
        # Nobody knows what the added fields do when they come a second time.
        request = evolve(request, idempotency=Idempotency.UNSAFE)
    body = _body_of(request, options)
    info = RequestInfo(request.name, request.method, url)
    # Headers last and unnamed: tools that report errors show the variables of every frame.
    return PreparedRequest(
        request, info, options, _headers_of(request, options, body), body, streams
    )


def _headers_of(
    request: Request[Any], options: Options, body: bytes | Multipart | None
) -> dict[str, str]:
    kind = dict[str, str]()
    if isinstance(body, bytes):
        form = isinstance(request.body, Form)
        kind["Content-Type"] = "application/x-www-form-urlencoded" if form else "application/json"
    usual = options.headers(auth=request.auth)
    return merged_headers(usual, request.headers, kind) if request.headers or kind else usual


def _body_of(request: Request[Any], options: Options) -> bytes | Multipart | None:
    if isinstance(request.body, Multipart):
        return request.body
    if isinstance(request.body, Form):
        return encode_pairs(list(request.body.fields.items())).encode()
    if isinstance(request.body, Omit) and (request.method == "GET" or not options.extra_body):
        return None
    written = _json_bytes(_with_extra(request, options))
    if written is None:
        raise InvalidInputError(f"{request.name}: the body can't be written as JSON.")
    return written


def _with_extra(request: Request[Any], options: Options) -> Any:
    body = request.body
    if request.method == "GET" or not options.extra_body:
        return body
    if isinstance(body, Omit):
        return options.extra_body
    return {**body, **options.extra_body} if is_object(body) else body


def _json_bytes(value: Any) -> bytes | None:
    try:
        encoded = encode(value)
        # orjson would write null in the place of NaN.
        return None if holds_non_finite(encoded) else orjson.dumps(encoded)
    except (TypeError, ValueError, RecursionError):
        return None
