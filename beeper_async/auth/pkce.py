"""What proves that a login is the one that was begun: PKCE (RFC 7636) and the state. Pure."""

import base64
import hashlib
import secrets
from typing import Final

from attrs import field, frozen

_VERIFIER_BYTES: Final = 64
_STATE_BYTES: Final = 24


@frozen
class Proof:
    """The secrets of one login. Neither its repr nor an error shows them."""

    verifier: str = field(factory=lambda: secrets.token_urlsafe(_VERIFIER_BYTES), repr=False)
    """Sent with the code at the end; until then it does not leave the process."""
    state: str = field(factory=lambda: secrets.token_urlsafe(_STATE_BYTES), repr=False)
    """Comes back with the browser."""

    @property
    def challenge(self) -> str:
        """What the app compares the verifier with, by the method S256."""
        digest = hashlib.sha256(self.verifier.encode("ascii")).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    def matches(self, state: str) -> bool:
        """Compare a state with that of this login, in constant time."""
        return secrets.compare_digest(state.encode(), self.state.encode())
