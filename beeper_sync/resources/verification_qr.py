# Generated from beeper_async/resources/verification_qr.py by `python -m beeper_sync._generate`.
"""Verifying a device by a QR code."""

from beeper_async.models.setup import VerificationResponse
from beeper_async.resources.verification_qr import AsyncVerificationQRResource

from ..base import SyncResource


class VerificationQRResource(SyncResource[AsyncVerificationQRResource]):
    """Verify a device by a QR code: one side shows it, the other scans it."""

    def scan(self, *, data: str) -> VerificationResponse:
        """Hand in the code that the other device shows. Sent once.

        Args:
            data: What the code says.

        Returns:
            The verification it belongs to and the app's state.

        Raises:
            NotFoundError: There is no such verification, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/app/setup/verifications/qr/scan
        """
        return self._call(self._async.scan, data=data)

    def confirm_scanned(self, verification_id: str) -> VerificationResponse:
        """Confirm that the other device has scanned the code shown here. Sent once.

        Args:
            verification_id: The verification's ID.

        Returns:
            The verification and the app's state.

        Raises:
            NotFoundError: There is no such verification, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/app/setup/verifications/{verificationID}/qr/confirm-scanned
        """
        return self._call(self._async.confirm_scanned, verification_id)
