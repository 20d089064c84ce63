"""How far an attempt came. Pure.

Whoever asks "may this be sent again?" or "is the outcome unknown?" reads it here, not from the
class of an exception.
"""

from collections.abc import Mapping
from enum import Enum

from attrs import field, frozen


class AttemptState(Enum):
    """How far an attempt came."""

    NEVER_SENT = "never sent"
    """The request provably never reached the app: no such host, refused, no connection in time."""
    UNKNOWN = "unknown"
    """The request went out, at least in part, and no complete response came back."""
    ANSWERED = "answered"
    """A complete response came back; its status says the rest."""


@frozen
class Outcome:
    """How one attempt ended."""

    state: AttemptState
    status: int = 0
    """HTTP status of the response; 0 unless `state` is ANSWERED."""
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    """Headers of the response; empty unless `state` is ANSWERED."""

    @property
    def may_have_happened(self) -> bool:
        """Whether the app may have carried the request out, although it did not say so."""
        if self.state is not AttemptState.ANSWERED:
            return self.state is AttemptState.UNKNOWN
        # 501 says that the app has no such call, so it can't have carried it out.
        return self.status == 409 or (self.status >= 500 and self.status != 501)
