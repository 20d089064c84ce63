"""Verifications: two devices make sure of each other, by comparing emojis or scanning a code."""

from functools import cached_property
from typing import Literal

from .._http.query import json_body, path_of
from .._http.request import Idempotency, Request
from .._omit import Omit, omit
from .._validation import check_choice
from ..models.setup import VerificationListResponse, VerificationResponse
from .base import AsyncResource


class AsyncVerificationsResource(AsyncResource):
    """Verify devices.

    A verification says in `available_actions` what can be called next. All that moves it on is
    sent once.
    """

    @cached_property
    def qr(self) -> "AsyncVerificationQRResource":
        """Verifying by a QR code."""
        return AsyncVerificationQRResource(self._caller)

    @cached_property
    def sas(self) -> "AsyncVerificationSASResource":
        """Verifying by comparing emojis or numbers."""
        return AsyncVerificationSASResource(self._caller)

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
        body = json_body(
            purpose=check_choice("purpose", purpose, "login", "device"), user_id=user_id
        )
        name, path = "app.setup.verifications.create", "/v1/app/setup/verifications"
        return await self._send(
            Request(name, "POST", path, VerificationResponse, body, Idempotency.UNSAFE)
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
        path = path_of(
            "/v1/app/setup/verifications/{verification_id}", verification_id=verification_id
        )
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
        path = path_of(
            "/v1/app/setup/verifications/{verification_id}/accept", verification_id=verification_id
        )
        name = "app.setup.verifications.accept"
        return await self._send(
            Request(name, "POST", path, VerificationResponse, idempotency=Idempotency.UNSAFE)
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
        path = path_of(
            "/v1/app/setup/verifications/{verification_id}/cancel", verification_id=verification_id
        )
        body = json_body(code=code, reason=reason)
        name = "app.setup.verifications.cancel"
        return await self._send(
            Request(name, "POST", path, VerificationResponse, body, Idempotency.UNSAFE)
        )


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
            Request(name, "POST", path, VerificationResponse, body, Idempotency.UNSAFE)
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
        path = path_of(
            "/v1/app/setup/verifications/{verification_id}/qr/confirm-scanned",
            verification_id=verification_id,
        )
        name = "app.setup.verifications.qr.confirm_scanned"
        return await self._send(
            Request(name, "POST", path, VerificationResponse, idempotency=Idempotency.UNSAFE)
        )


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
        path = path_of(
            "/v1/app/setup/verifications/{verification_id}/sas/start",
            verification_id=verification_id,
        )
        name = "app.setup.verifications.sas.start"
        return await self._send(
            Request(name, "POST", path, VerificationResponse, idempotency=Idempotency.UNSAFE)
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
        path = path_of(
            "/v1/app/setup/verifications/{verification_id}/sas/confirm",
            verification_id=verification_id,
        )
        name = "app.setup.verifications.sas.confirm"
        return await self._send(
            Request(name, "POST", path, VerificationResponse, idempotency=Idempotency.UNSAFE)
        )
