"""What errors and observers are given of a call: which call it was, and how it was answered."""

from collections.abc import Mapping

from attrs import evolve, field, frozen


@frozen
class RequestInfo:
    """Which call it was. Holds no header and no body, so it is safe to log."""

    name: str
    """Name of the method on the client, e.g. `chats.retrieve`, or method and path."""
    method: str
    """HTTP method."""
    url: str = field(repr=False)
    """The full URL. Searches carry their words in it, so it is left out of the repr."""

    def without_query(self) -> "RequestInfo":
        """Return a copy whose URL ends before the question mark."""
        return evolve(self, url=self.url.partition("?")[0])


@frozen
class ResponseInfo:
    """Status, headers and timing of one response. See the `on_response` option of the client."""

    request: RequestInfo
    """The call that was answered."""
    status_code: int
    """HTTP status."""
    headers: Mapping[str, str] = field(repr=False)
    """The response headers; names are looked up without regard to case."""
    elapsed: float
    """Seconds from sending this attempt to the last byte of its response."""
    attempt: int
    """0 for the first attempt, 1 for the first retry."""

    def without_headers(self) -> "ResponseInfo":
        """Return a copy that carries neither headers nor query, fit to leave the process."""
        return evolve(self, headers={}, request=self.request.without_query())
