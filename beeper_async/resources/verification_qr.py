"""Verifying a device by a QR code."""

from ..models.setup import VerificationResponse
from ..request import Repeat, Request, json_body, path_of
from .base import AsyncResource


class AsyncVerificationQRResource(AsyncResource):
    """Verify a device by a QR code: one side shows it, the other scans it."""

    async def scan(self, *, data: str) -> VerificationResponse:
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
        body = json_body(data=data)
        name, path = "app.setup.verifications.qr.scan", "/v1/app/setup/verifications/qr/scan"
        return await self._send(
            Request(name, "POST", path, VerificationResponse, body, Repeat.UNSAFE)
        )

    async def confirm_scanned(self, verification_id: str) -> VerificationResponse:
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
        path = path_of("/v1/app/setup/verifications/{}/qr/confirm-scanned", verification_id)
        name = "app.setup.verifications.qr.confirm_scanned"
        return await self._send(
            Request(name, "POST", path, VerificationResponse, repeat=Repeat.UNSAFE)
        )
