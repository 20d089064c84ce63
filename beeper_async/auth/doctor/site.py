"""What the checks share: the app, the token for it, and what was found so far."""

from datetime import UTC, datetime, timedelta

from attrs import define, evolve, field

from ..._http.options import Options, options_without_token
from ..._http.server_info import parse_http_date
from ..._http.transport import BoundTransport, Transport
from ..._http.unreadable import Unreadable
from ..._response import ResponseInfo
from ...models.info import InfoRetrieveResponse
from ..access import Access
from ..oauth import TokenStatus

PATIENCE = 5.0
"""Seconds that a single check waits."""


@define
class Site:
    """The app that is examined. Its repr shows no token."""

    transport: Transport = field(repr=False)
    access: Access
    info: InfoRetrieveResponse | None = None
    """What the app says of itself. None if it is not known."""
    status: TokenStatus | None = None
    """What the app says of the token. None if it is not known."""
    clock_difference: timedelta | None = None
    """How far the app's clock is ahead of ours. None before the first response."""
    is_reachable: bool = False
    """Whether the app answers."""
    accepts_token: bool = False
    """Whether the app accepts the token for reading."""

    @property
    def base_url(self) -> str:
        """Where the app listens."""
        return self.access.base_url

    def caller(self) -> BoundTransport:
        """Return what sends calls with the token, if there is one."""
        return BoundTransport(self.transport, self.options)

    @property
    def options(self) -> Options:
        """The options of calls with the token. Failures are not retried: they are looked for."""
        options = options_without_token(self.base_url, timeout=PATIENCE)
        return evolve(
            options,
            token=self.access.token,
            max_retries=0,
            on_response=self._note_date,
            on_unreadable=_not_reported,
        )

    def _note_date(self, response: ResponseInfo) -> None:
        date = parse_http_date(response.headers.get("Date", ""))
        if date is not None:
            self.clock_difference = date - datetime.now(UTC)


def _not_reported(_: Unreadable) -> None:
    """Take a record that doesn't fit its model: that is no matter of the doctor's."""
