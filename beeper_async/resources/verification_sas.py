"""Verifying a device by emojis or numbers (SAS, short authentication string)."""

from ..models.setup import VerificationResponse
from ..request import Repeat, Request, path_of
from .base import AsyncResource


class AsyncVerificationSASResource(AsyncResource):
    """Verify a device by comparing the emojis or numbers that both devices show."""

    async def start(self, verification_id: str) -> VerificationResponse:
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
        path = path_of("/v1/app/setup/verifications/{}/sas/start", verification_id)
        name = "app.setup.verifications.sas.start"
        return await self._send(
            Request(name, "POST", path, VerificationResponse, repeat=Repeat.UNSAFE)
        )

    async def confirm(self, verification_id: str) -> VerificationResponse:
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
        path = path_of("/v1/app/setup/verifications/{}/sas/confirm", verification_id)
        name = "app.setup.verifications.sas.confirm"
        return await self._send(
            Request(name, "POST", path, VerificationResponse, repeat=Repeat.UNSAFE)
        )
