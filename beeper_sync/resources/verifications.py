# Generated from beeper_async/resources/verifications.py by `python -m beeper_sync._generate`.
"""Verifications: two devices make sure of each other, by comparing emojis or scanning a code."""

from functools import cached_property
from typing import Literal

from beeper_async._omit import Omit, omit
from beeper_async.models.setup import VerificationListResponse, VerificationResponse
from beeper_async.resources.verifications import (
    AsyncVerificationQRResource,
    AsyncVerificationSASResource,
    AsyncVerificationsResource,
)

from ..base import SyncResource


class VerificationsResource(SyncResource[AsyncVerificationsResource]):
    """Verify devices.

    A verification says in `available_actions` what can be called next. All that moves it on is
    sent once.
    """

    @cached_property
    def qr(self) -> "VerificationQRResource":
        """Verifying by a QR code."""
        return VerificationQRResource(self._client, self._async.qr)

    @cached_property
    def sas(self) -> "VerificationSASResource":
        """Verifying by comparing emojis or numbers."""
        return VerificationSASResource(self._client, self._async.sas)

    def create(
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
        return self._call(
            self._async.create,
            purpose=purpose,
            user_id=user_id,
        )

    def retrieve(self, verification_id: str) -> VerificationResponse:
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
        return self._call(self._async.retrieve, verification_id)

    def list(self) -> VerificationListResponse:
        """List the verifications under way.

        Returns:
            All of them in `items`; there are no pages.

        Raises:
            NotFoundError: The app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/app/setup/verifications
        """
        return self._call(self._async.list)

    def accept(self, verification_id: str) -> VerificationResponse:
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
        return self._call(self._async.accept, verification_id)

    def cancel(
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
        return self._call(
            self._async.cancel,
            verification_id,
            code=code,
            reason=reason,
        )


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
