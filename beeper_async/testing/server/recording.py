"""The record of a request that the simulator received."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import attrs
import orjson


def _length_of_body(request: RecordedRequest) -> int:
    return len(request.body)


@attrs.frozen(kw_only=True)
class RecordedRequest:
    """A request as it was received.

    Of uploads, only the first 64 KiB are kept: there `body` may be cut short, `body_size` is the
    size of the whole body, and `json` raises if a long body was cut.
    """

    method: str
    raw_path: str
    """The request target as it was sent, percent-encoded and with the query."""
    headers: Mapping[str, str] = attrs.field(repr=False)
    """The request headers. Lookups ignore case."""
    body: bytes = b""
    body_size: int = attrs.field(default=attrs.Factory(_length_of_body, takes_self=True))
    """Size of the body in bytes."""

    @property
    def request_line(self) -> str:
        """Method and raw path, for example ``GET /v1/chats?limit=5``."""
        return f"{self.method} {self.raw_path}"

    @property
    def path(self) -> str:
        """The path without the query and with its percent-escapes decoded."""
        return unquote(self.raw_path.partition("?")[0])

    @property
    def query(self) -> list[tuple[str, str]]:
        """The decoded query as pairs, in the order in which they were sent."""
        return parse_qsl(self.raw_path.partition("?")[2], keep_blank_values=True)

    @property
    def json(self) -> Any:
        """The parsed JSON body, or None if there was no body."""
        return orjson.loads(self.body) if self.body else None
