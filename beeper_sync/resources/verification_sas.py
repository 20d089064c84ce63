# Generated from beeper_async/resources/verification_sas.py by `python -m beeper_sync._generate`.
"""Verifying a device by emojis or numbers (SAS, short authentication string)."""

from beeper_async.models.setup import VerificationResponse
from beeper_async.resources.verification_sas import AsyncVerificationSASResource

from ..base import SyncResource


class VerificationSASResource(SyncResource[AsyncVerificationSASResource]):
    """Verify a device by comparing the emojis or numbers that both devices show."""

    def start(self, verification_id: str) -> VerificationResponse:
        """Have both devices show their emojis. Sent once.

        Args:
            verification_id: The verification's ID.

        Returns:
            The verification, with what to compare in `sas` once it is ready, and the app's state.

        Raises:
            NotFoundError: There is no such verification, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/app/setup/verifications/{verificationID}/sas/start
        """
        return self._call(self._async.start, verification_id)

    def confirm(self, verification_id: str) -> VerificationResponse:
        """Confirm that both devices show the same. Sent once.

        Args:
            verification_id: The verification's ID.

        Returns:
            The verification and the app's state.

        Raises:
            NotFoundError: There is no such verification, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/app/setup/verifications/{verificationID}/sas/confirm
        """
        return self._call(self._async.confirm, verification_id)
