"""What the simulator remembers of each request it received."""

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
    """One request exactly as it came in over the wire.

    Of the uploads only the first 64 KiB are kept: there `body` may be cut short, `body_size` tells
    how much there was, and `json` fails on what is left of a long body.
    """

    method: str
    raw_path: str
    """The request target untouched: percent-escapes and the query string included."""
    headers: Mapping[str, str] = attrs.field(repr=False)
    """The request headers; lookups ignore case."""
    body: bytes = b""
    body_size: int = attrs.field(default=attrs.Factory(_length_of_body, takes_self=True))
    """How many bytes the body had."""

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
        """The decoded query as pairs, in the order they were sent."""
        return parse_qsl(self.raw_path.partition("?")[2], keep_blank_values=True)

    @property
    def json(self) -> Any:
        """The decoded JSON body, or None when there was no body."""
        return orjson.loads(self.body) if self.body else None
