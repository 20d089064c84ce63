"""A request as it goes out: address, headers and bytes, the same for each of its attempts. Pure."""

from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import orjson
from attrs import evolve, field, frozen

from .._codec.converter import encode
from .._codec.json_values import is_object
from .._omit import Omit
from .._response import RequestInfo
from ..errors import InvalidInputError
from .options import Options
from .request import Idempotency, Request
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
        url += ("&" if "?" in request.path else "?") + urlencode(query)
    is_form = isinstance(request.body, Multipart)  # to which no fields are added
    if options.extra_body and request.idempotency is Idempotency.IDEMPOTENT and not is_form:
        # Nobody knows what the added fields do when they come a second time.
        request = evolve(request, idempotency=Idempotency.UNSAFE)
    headers = options.headers(auth=request.auth)
    headers.update(request.headers)
    body = _body_of(request, options)
    if isinstance(body, bytes):
        headers["Content-Type"] = "application/json"
    info = RequestInfo(request.name, request.method, url)
    return PreparedRequest(request, info, options, headers, body, streams)


def _body_of(request: Request[Any], options: Options) -> bytes | Multipart | None:
    body = request.body
    if isinstance(body, Multipart):
        return body
    extra = dict(options.extra_body) if request.method != "GET" else dict[str, Any]()
    if isinstance(body, Omit):
        if not extra:
            return None
        body = extra
    elif extra and is_object(body):
        body = {**body, **extra}
    try:
        return orjson.dumps(encode(body))
    except TypeError as error:
        raise InvalidInputError(f"{request.name}: the body can't be written as JSON.") from error
