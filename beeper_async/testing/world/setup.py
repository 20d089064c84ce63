"""Who is signed in to the app itself, and whether that device can read encrypted messages.

Addresses, codes and keys that are checked against something are constants here.
"""

from __future__ import annotations

import hashlib
from typing import Any

import attrs

from .store import Store
from .verifications import Verifications

Json = dict[str, Any]

EMAIL = "noor@example.com"
"""The address of the account that exists; every other one has to be registered."""
USERNAME = "noor"
SIGN_IN_CODE = "135790"
RECOVERY_KEY = "EsTS imul ator Demo Fern Lisb onTr ipNo orHa Lday Keys only"

_SECRETS = ("masterKey", "selfSigningKey", "userSigningKey", "megolmBackupKey", "recoveryKey")
_FLAGS = (
    "initialized",
    "secretStorage",
    "crossSigning",
    "verified",
    "keyBackup",
    "firstSyncDone",
    "hasBackedUpRecoveryKey",
)
_UNLOCKED = {name: True for name in _FLAGS if name != "firstSyncDone"}


@attrs.define(kw_only=True, eq=False)
class SetupRequest:
    """One attempt to sign in to the app."""

    id: str
    email: str | None = None
    """Where the code was sent."""
    lead_token: str | None = None
    """Set once the code was right but the address is new."""


class Setup:
    """Holds the sign-in and encryption state of the app. It starts ready.

    `reset` signs out, and `sign_in` leads to the state after the code from the email.

    Args:
        store: The world that it belongs to.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests: dict[str, SetupRequest] = {}
        self._counter = 0
        self._keys_made = 0
        self._key_made_at = store.clock.start.timestamp()
        self.users: dict[str, str] = {EMAIL: USERNAME}
        """User names by e-mail address."""
        self.codes_sent: list[str] = []
        """The addresses to which a code was sent, in order."""
        self.recovery_keys: dict[str, str] = {USERNAME: RECOVERY_KEY}
        """Recovery keys by user name; an account without one has no encryption yet."""
        self.new_recovery_key: str | None = None
        """The key that was made but not confirmed yet."""
        self.sync_polls = 0
        """How many GETs still find ``needs-first-sync`` before the state gets ready."""
        self.verifications: Verifications = Verifications(store, self._verified)
        self.sign_in()
        self.unlock()

    # -- moving from outside ----------------------------------------------------------------

    def reset(self) -> None:
        """Sign out: the state becomes ``needs-login``."""
        with self._store.lock:
            self._forget_all()
            self._store.changes.app_state()

    def _forget_all(self) -> None:
        self._requests.clear()
        self.username: str | None = None
        self.matrix: Json | None = None
        self._e2ee: Json = dict.fromkeys(_FLAGS, False)
        self._has_secrets = False
        self._polls_left = 0
        self.new_recovery_key = None
        self.verifications.clear()

    def sign_in(self, username: str = USERNAME) -> Json:
        """Sign a user in, up to the state ``initializing``.

        Returns:
            The credentials, as a JSON object of the API.
        """
        with self._store.lock:
            self._forget_all()
            self._counter += 1
            self.matrix = {
                "userID": f"@{username}:beeper.com",
                "deviceID": f"SIMDEVICE{self._counter}",
                "homeserver": "https://matrix.beeper.com",
            }
            self.username = username
            # A new account has nothing to load.
            self._e2ee["initialized"] = username not in self.recovery_keys
            self._store.changes.app_state()
            return {**self.matrix, "accessToken": f"simulated-matrix-token-{self._counter}"}

    # -- the state --------------------------------------------------------------------------

    def poll(self) -> None:
        """Take note of a request for the state, before which it may change."""
        if self.state == "needs-first-sync":
            self._polls_left -= 1
            self._e2ee["firstSyncDone"] = self._polls_left < 0
            self._store.changes.app_state()
        self.verifications.poll()

    def initialize(self) -> None:
        """Start the app, if a user is signed in."""
        if self.matrix is not None:
            self._e2ee["initialized"] = True
            self._store.changes.app_state()

    @property
    def state(self) -> str:
        """The state, as the API names it."""
        if self.matrix is None:
            return "needs-login"
        if not self._e2ee["initialized"]:
            return "initializing"
        if not self._e2ee["crossSigning"] and self.username not in self.recovery_keys:
            return "needs-cross-signing-setup"
        if not self._e2ee["verified"]:
            return "needs-verification"
        if self.new_recovery_key is not None:
            return "needs-secrets"
        return "ready" if self._e2ee["firstSyncDone"] else "needs-first-sync"

    def snapshot(self) -> Json:
        """Return the state as a JSON object of the API."""
        e2ee = {**self._e2ee, "secrets": dict.fromkeys(_SECRETS, self._has_secrets)}
        if self._has_secrets:
            e2ee["recoveryKeyGeneratedAt"] = self._key_made_at
        shown: Json = {"state": self.state, "e2ee": e2ee}
        if self.matrix is not None:
            shown["matrix"] = self.matrix
        verification = self.verifications.running()
        if verification is not None:
            shown["verification"] = verification
        return shown

    # -- signing in -------------------------------------------------------------------------

    def open_request(self) -> SetupRequest:
        """Begin to sign in."""
        self._counter += 1
        request = SetupRequest(id=f"sr_{self._counter}")
        self._requests[request.id] = request
        return request

    def find_request(self, request_id: str) -> SetupRequest | None:
        """Return a request that was begun and not finished, or None."""
        return self._requests.get(request_id)

    # -- keys -------------------------------------------------------------------------------

    def unlock(self) -> None:
        """Give this device every secret."""
        with self._store.lock:
            self._unlock()
            self._store.changes.app_state()

    def _unlock(self) -> None:
        self._e2ee |= _UNLOCKED
        self._has_secrets = True
        if not self._e2ee["firstSyncDone"]:
            self._polls_left = self.sync_polls
            self._e2ee["firstSyncDone"] = self.sync_polls <= 0

    def _verified(self, verification: Json) -> None:
        if self.matrix is not None and verification["otherUserID"] == self.matrix["userID"]:
            self._unlock()

    def is_recovery_key(self, text: str) -> bool:
        """Return whether this is the recovery key of the account."""
        return _same_key(text, self.recovery_keys.get(self.username or ""))

    def is_new_recovery_key(self, text: str) -> bool:
        """Return whether this is the key that was created last."""
        return _same_key(text, self.new_recovery_key)

    def make_recovery_key(self) -> str:
        """Create a key, which replaces the old one once it is confirmed."""
        self._keys_made += 1
        self._key_made_at = self._store.clock.next().timestamp()
        self._unlock()
        self._e2ee["hasBackedUpRecoveryKey"] = False
        letters = hashlib.sha256(f"recovery key {self._keys_made}".encode()).hexdigest()[:44]
        text = "EsTN" + letters
        key = " ".join(text[at : at + 4] for at in range(0, len(text), 4))
        self.new_recovery_key = key
        self._store.changes.app_state()
        return key

    def confirm_recovery_key(self) -> None:
        """Replace the old recovery key by the one that was created last."""
        if self.username is not None and self.new_recovery_key is not None:
            self.recovery_keys[self.username] = self.new_recovery_key
        self.new_recovery_key = None
        self._e2ee["hasBackedUpRecoveryKey"] = True
        self._store.changes.app_state()


def _same_key(given: str, key: str | None) -> bool:
    return key is not None and "".join(given.split()) == "".join(key.split())
