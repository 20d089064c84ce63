"""Verifications: two devices make sure of each other, by comparing emojis or scanning a code."""

from functools import cached_property
from typing import TYPE_CHECKING, Literal

from ..models.setup import VerificationListResponse, VerificationResponse
from ..omit import Omit, omit
from ..parameters import one_of
from ..request import Repeat, Request, json_body, path_of
from .base import AsyncResource

if TYPE_CHECKING:
    from .verification_qr import AsyncVerificationQRResource
    from .verification_sas import AsyncVerificationSASResource


class AsyncVerificationsResource(AsyncResource):
    """Verify devices.

    A verification says in `available_actions` what can be called next. All that moves it on is
    sent once.
    """

    @cached_property
    def qr(self) -> "AsyncVerificationQRResource":
        """Verifying by a QR code."""
        from .verification_qr import AsyncVerificationQRResource

        return AsyncVerificationQRResource(self._client)

    @cached_property
    def sas(self) -> "AsyncVerificationSASResource":
        """Verifying by comparing emojis or numbers."""
        from .verification_sas import AsyncVerificationSASResource

        return AsyncVerificationSASResource(self._client)

    async def create(
        self, *, purpose: Literal["login", "device"] | Omit = omit, user_id: str | Omit = omit
    ) -> VerificationResponse:
        """Start to verify a device. Sent once.

        Args:
            purpose: `login`, to finish signing in, or `device`.
            user_id: Whose device. Left out, the signed-in user's own.

        Returns:
            The new verification and the app's state.

        Raises:
            InvalidInputError: The purpose is neither; nothing was sent.
            NotFoundError: The app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/app/setup/verifications
        """
        body = json_body(purpose=one_of("purpose", purpose, "login", "device"), user_id=user_id)
        name, path = "app.setup.verifications.create", "/v1/app/setup/verifications"
        return await self._send(
            Request(name, "POST", path, VerificationResponse, body, Repeat.UNSAFE)
        )

    async def retrieve(self, verification_id: str) -> VerificationResponse:
        """Get the present state of a verification.

        Args:
            verification_id: The verification's ID.

        Returns:
            The verification and the app's state.

        Raises:
            NotFoundError: There is no such verification, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/app/setup/verifications/{verificationID}
        """
        path = path_of("/v1/app/setup/verifications/{}", verification_id)
        name = "app.setup.verifications.retrieve"
        return await self._send(Request(name, "GET", path, VerificationResponse))

    async def list(self) -> VerificationListResponse:
        """List the verifications under way.

        Returns:
            All of them in `items`; there are no pages.

        Raises:
            NotFoundError: The app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/app/setup/verifications
        """
        name, path = "app.setup.verifications.list", "/v1/app/setup/verifications"
        return await self._send(Request(name, "GET", path, VerificationListResponse))

    async def accept(self, verification_id: str) -> VerificationResponse:
        """Accept a verification that another device asks for. Sent once.

        Args:
            verification_id: The verification's ID.

        Returns:
            The verification and the app's state.

        Raises:
            NotFoundError: There is no such verification, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/app/setup/verifications/{verificationID}/accept
        """
        path = path_of("/v1/app/setup/verifications/{}/accept", verification_id)
        name = "app.setup.verifications.accept"
        return await self._send(
            Request(name, "POST", path, VerificationResponse, repeat=Repeat.UNSAFE)
        )

    async def cancel(
        self, verification_id: str, *, code: str | Omit = omit, reason: str | Omit = omit
    ) -> VerificationResponse:
        """Give a verification up. Sent once.

        Args:
            verification_id: The verification's ID.
            code: Why, as a code.
            reason: Why, in words for the user.

        Returns:
            The verification and the app's state.

        Raises:
            NotFoundError: There is no such verification, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/app/setup/verifications/{verificationID}/cancel
        """
        path = path_of("/v1/app/setup/verifications/{}/cancel", verification_id)
        body = json_body(code=code, reason=reason)
        name = "app.setup.verifications.cancel"
        return await self._send(
            Request(name, "POST", path, VerificationResponse, body, Repeat.UNSAFE)
        )
