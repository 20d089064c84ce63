"""The state that the simulator and its HTTP server share."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

import attrs

from ..listings.listing_faults import ListingFaults
from ..listings.message_cursors import MessageCursors
from ..world.world import World
from .rate_limit import RateLimit
from .recording import RecordedRequest
from .scripted_responses import ResponseScript
from .versions import Version, parse_app_version

REMEMBERED_REQUESTS = 100_000


def _recordings() -> deque[RecordedRequest]:
    return deque(maxlen=REMEMBERED_REQUESTS)


@attrs.define(kw_only=True, eq=False)
class ServerState:
    """What the app is and does; all of it may change while the server runs."""

    world: World
    token: str
    app_version: str
    page_size: int | None
    scopes: Collection[str]
    base_path: str
    """A path in front of ``/v1``: empty, or with a slash at its start and none at its end."""
    port: int | None = None
    """The port that the server listens on while it runs."""
    responses: ResponseScript = attrs.field(factory=ResponseScript)
    listing_faults: ListingFaults = attrs.field(factory=ListingFaults)
    message_cursors: MessageCursors = attrs.field(factory=MessageCursors)
    rate_limit: RateLimit | None = None
    failing_chats: dict[str, int] = attrs.field(factory=dict[str, int])
    """By chat ID, the status of all responses to requests of this chat."""
    requests: deque[RecordedRequest] = attrs.field(factory=_recordings)

    @property
    def version(self) -> Version:
        """The app version as a tuple of numbers."""
        return parse_app_version(self.app_version)

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        if self.port is None:
            raise RuntimeError("the simulator is not running; enter it with 'with' or 'async with'")
        return f"http://127.0.0.1:{self.port}{self.base_path}"
