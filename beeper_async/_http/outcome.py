"""How far an attempt came, and what that says of the app's work. Pure.

Code that asks "may this be sent again?" or "is the outcome unknown?" reads it here, not from the
class of an exception.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from attrs import field, frozen


class AttemptState(Enum):
    """How far an attempt came."""

    NEVER_SENT = "never sent"
    """The request provably never reached the app: no such host, refused, no connection in time."""
    UNKNOWN = "unknown"
    """The request went out, at least in part, and no complete response came back."""
    ANSWERED = "answered"
    """A complete response came back; its status says the rest."""


class Effect(Enum):
    """What the app did with a request, as far as its attempt shows."""

    NONE = "none"
    """It did nothing: the request never arrived, or was refused."""
    DONE = "done"
    """It did what was requested."""
    UNKNOWN = "unknown"
    """It did it or not."""


@frozen
class Outcome:
    """How one attempt ended."""

    state: AttemptState
    status: int = 0
    """HTTP status of the response; 0 unless `state` is ANSWERED."""
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    """Headers of the response; empty unless `state` is ANSWERED."""
    readable: bool = True
    """Whether the body of a success was what the call expects."""

    @property
    def effect(self) -> Effect:
        """What the app did with the request."""
        if self.state is not AttemptState.ANSWERED:
            return _EFFECT_WITHOUT_RESPONSE[self.state]
        by_class = _EFFECT_OF_CLASS.get(self.status // 100, Effect.UNKNOWN)
        effect = _EFFECT_OF_STATUS.get(self.status, by_class)
        return effect if self.readable else _EFFECT_UNREADABLE[effect]

    @property
    def may_have_happened(self) -> bool:
        """Whether the app may have carried the request out, although it did not say so."""
        return self.effect is Effect.UNKNOWN


_EFFECT_WITHOUT_RESPONSE: Final = {
    AttemptState.NEVER_SENT: Effect.NONE,
    AttemptState.UNKNOWN: Effect.UNKNOWN,
}
# By the first digit of the status. The others (1xx, 3xx, 5xx, and what is no status at all) say
# that something between here and the app, or in it, did not finish.
_EFFECT_OF_CLASS: Final = {2: Effect.DONE, 4: Effect.NONE}
_EFFECT_OF_STATUS: Final = {
    408: Effect.UNKNOWN,  # sent by proxies, which may have passed the request on
    409: Effect.UNKNOWN,  # the conflict may be with the first delivery of the same request
    501: Effect.NONE,  # the app has no such call, so it can't have carried it out
}
# A page of a proxy with status 200 says nothing of the app; a refusal needs no readable body.
_EFFECT_UNREADABLE: Final = {
    Effect.DONE: Effect.UNKNOWN,
    Effect.NONE: Effect.NONE,
    Effect.UNKNOWN: Effect.UNKNOWN,
}
