"""What is known of a call and its answer, apart from the typed result."""

from collections.abc import AsyncIterator, Mapping

from attrs import evolve, field, frozen


@frozen
class RequestInfo:
    """Which call it was. Holds no header and no body, so it is safe to log."""

    name: str
    """Name of the method on the client, e.g. `chats.retrieve`, or method and path."""
    method: str
    url: str = field(repr=False)
    """The full URL. Searches carry their words in it, so it is left out of the repr."""

    def without_query(self) -> "RequestInfo":
        """Return a copy whose URL ends before the question mark."""
        return evolve(self, url=self.url.partition("?")[0])


@frozen
class ResponseInfo:
    """Status, headers and timing of one answer. See the `on_response` option of the client."""

    request: RequestInfo
    status_code: int
    headers: Mapping[str, str] = field(repr=False)
    """The answer's headers; names are looked up without regard to case."""
    elapsed: float
    """Seconds from sending this attempt to the last byte of its answer."""
    attempt: int
    """0 for the first attempt, 1 for the first repeat."""

    def without_headers(self) -> "ResponseInfo":
        """Return a copy that carries neither headers nor query, fit to leave the process."""
        return evolve(self, headers={}, request=self.request.without_query())


@frozen
class Incoming:
    """An answer whose body is still coming in."""

    response: ResponseInfo
    chunks: AsyncIterator[bytes]

    @property
    def status_code(self) -> int:
        """The HTTP status: 200, or 206 for a part."""
        return self.response.status_code

    @property
    def length(self) -> int | None:
        """The length of the body, where the app says it."""
        length = self.response.headers.get("Content-Length", "")
        return int(length) if length.isdecimal() else None
