# Generated from beeper_async/resources/verifications.py by `python -m beeper_sync._generate`.
"""Verifications: two devices make sure of each other, by comparing emojis or scanning a code."""

from functools import cached_property
from typing import TYPE_CHECKING, Literal

from beeper_async._omit import Omit, omit

from beeper_async.models.setup import VerificationListResponse, VerificationResponse
from beeper_async.resources.verifications import AsyncVerificationsResource

from ..base import SyncResource

if TYPE_CHECKING:
    from .verification_qr import VerificationQRResource
    from .verification_sas import VerificationSASResource


class VerificationsResource(SyncResource[AsyncVerificationsResource]):
    """Verify devices.

    A verification says in `available_actions` what can be called next. All that moves it on is
    sent once.
    """

    @cached_property
    def qr(self) -> "VerificationQRResource":
        """Verifying by a QR code."""
        from .verification_qr import VerificationQRResource

        return VerificationQRResource(self._client, self._async.qr)

    @cached_property
    def sas(self) -> "VerificationSASResource":
        """Verifying by comparing emojis or numbers."""
        from .verification_sas import VerificationSASResource

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
