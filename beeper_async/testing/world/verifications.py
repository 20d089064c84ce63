"""Device verification: comparing emojis or scanning a QR code with another device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .store import Store

Json = dict[str, Any]

OTHER_QR = "TUFUUklYAgE-b3RoZXI="
"""The QR code on the screen of the other device, the only one that can be scanned."""
OWN_QR = "TUFUUklYAgE-b3du"
EMOJIS = "🐶🔑🎩🌙🚲🍄📌"
DECIMALS = "1234 5678 9012"

_FINAL = ("done", "cancelled", "error")
_OTHER_DEVICE: Json = {"id": "SIMPHONE", "name": "Noor's phone"}


class Verifications:
    """Holds the device verifications of a signed-in user. One runs at a time.

    Args:
        store: The world that they belong to.
        finished: Called with a verification that succeeded.
    """

    def __init__(self, store: Store, finished: Callable[[Json], None]) -> None:
        self._store = store
        self._finished = finished
        self._all: dict[str, Json] = {}
        self._made = 0
        self.other_device_responds = True
        """Whether the other device accepts and confirms before the next GET that shows the
        verification. False leaves that to `other_accepts` and `other_confirms`."""

    def clear(self) -> None:
        """Forget all verifications."""
        self._all.clear()

    # -- what requests do -------------------------------------------------------------------

    def start(self, purpose: str, own_id: str, other_id: str, *, incoming: bool = False) -> Json:
        """Begin a verification. The caller must check that none is running."""
        self._made += 1
        verification: Json = {
            "id": f"ver_{self._made}",
            "purpose": purpose,
            "direction": "incoming" if incoming else "outgoing",
            "state": "requested",
            "methods": ["sas", "qr"],
            "availableActions": ["accept", "cancel"] if incoming else ["cancel"],
            "otherUserID": other_id,
        }
        if own_id == other_id:
            verification["otherDevice"] = _OTHER_DEVICE
        self._all[verification["id"]] = verification
        self._store.changes.app_state()
        return verification

    def find(self, verification_id: str) -> Json | None:
        """Return a verification by its ID, or None."""
        return self._all.get(verification_id)

    def running(self) -> Json | None:
        """Return the verification that is running, or None."""
        return next((one for one in self._all.values() if one["state"] not in _FINAL), None)

    def listed(self) -> list[Json]:
        """Return the running verification and failed ones, newest first."""
        return [one for one in reversed(self._all.values()) if one["state"] in _LISTED]

    def poll(self) -> None:
        """Take note of a request for the state, before which the other device may act."""
        verification = self.running()
        if verification is None or not self.other_device_responds:
            return
        if verification["state"] == "requested" and verification["direction"] == "outgoing":
            self.accept(verification)
        elif verification["state"] == "qr_scanned" and not _offers(verification, _CONFIRM):
            self.finish(verification)

    def accept(self, verification: Json) -> None:
        """Accept a verification on both sides, which offers the methods."""
        verification["qr"] = {"data": OWN_QR}
        self._move(verification, "ready", "sas.start", _CONFIRM, "cancel")

    def start_sas(self, verification: Json) -> None:
        """Show the emojis on both devices."""
        verification["sas"] = {"emojis": EMOJIS, "decimals": DECIMALS}
        self._move(verification, "sas_ready", "sas.confirm", "cancel")

    def scan(self, verification: Json) -> None:
        """Scan the code of the other device, which then has to confirm."""
        self._move(verification, "qr_scanned", "cancel")

    def finish(self, verification: Json) -> None:
        """Complete a verification."""
        self._finished(verification)
        self._move(verification, "done")

    def cancel(self, verification: Json, code: str | None, reason: str | None) -> None:
        """Cancel a verification."""
        if code or reason:
            verification["error"] = {"code": code or "m.user", "reason": reason or "Cancelled"}
        self._move(verification, "cancelled")

    # -- what happens on the other device ---------------------------------------------------

    def receive(self, user_id: str, purpose: str = "device") -> str:
        """Request a verification from another device of this user.

        Returns:
            The ID of the verification.

        Raises:
            ValueError: A verification is running.
        """
        with self._store.lock:
            if self.running() is not None:
                raise ValueError("a verification is running already")
            verification = self.start(purpose, user_id, user_id, incoming=True)
            return str(verification["id"])

    def other_accepts(self, verification_id: str) -> None:
        """Accept a verification on the other device.

        Raises:
            KeyError: The verification does not exist.
            ValueError: The verification is in another state.
        """
        with self._store.lock:
            self.accept(self._in_state(verification_id, "requested"))

    def other_scans(self, verification_id: str) -> None:
        """Scan the code shown here with the other device.

        Raises:
            KeyError: The verification does not exist.
            ValueError: The verification is in another state.
        """
        with self._store.lock:
            verification = self._in_state(verification_id, "ready")
            self._move(verification, "qr_scanned", _CONFIRM, "cancel")

    def other_confirms(self, verification_id: str) -> None:
        """Confirm on the other device that its code was scanned here.

        Raises:
            KeyError: The verification does not exist.
            ValueError: The verification is in another state.
        """
        with self._store.lock:
            self.finish(self._in_state(verification_id, "qr_scanned"))

    def fail(
        self, verification_id: str, code: str = "m.timeout", reason: str = "No response"
    ) -> None:
        """Let a verification fail, as when the other device does not respond or declines.

        Args:
            verification_id: ID of the verification.
            code: Code of the error.
            reason: Text of the error.

        Raises:
            KeyError: The verification does not exist.
        """
        with self._store.lock:
            verification = self._all[verification_id]
            verification["error"] = {"code": code, "reason": reason}
            self._move(verification, "error")

    def _move(self, verification: Json, state: str, *actions: str) -> None:
        verification["state"] = state
        verification["availableActions"] = list(actions)
        if state in _FINAL:
            verification.pop("sas", None)
            verification.pop("qr", None)
        self._store.changes.app_state()

    def _in_state(self, verification_id: str, state: str) -> Json:
        verification = self._all[verification_id]
        if verification["state"] != state:
            raise ValueError(f"verification {verification_id} is {verification['state']}")
        return verification


_CONFIRM = "qr.confirmScanned"
_LISTED = ("requested", "ready", "sas_ready", "qr_scanned", "error")


def _offers(verification: Json, action: str) -> bool:
    return action in verification["availableActions"]
