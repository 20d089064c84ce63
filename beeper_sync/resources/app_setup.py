# Generated from beeper_async/resources/app_setup.py by `python -m beeper_sync._generate`.
"""The app: signing it in to Beeper, and setting up its encryption."""

from functools import cached_property
from typing import TYPE_CHECKING, Literal

from beeper_async._omit import Omit, omit
from beeper_async.models.setup import (
    AppStateSnapshot,
    RecoveryKeyResetResponse,
    SetupCompleteResponse,
    SetupResponseOutput,
    SetupStartResponse,
    SetupStateResponse,
)
from beeper_async.resources.app_setup import (
    AsyncAppResource,
    AsyncRecoveryKeyResetResource,
    AsyncRecoveryKeyResource,
    AsyncSetupResource,
)

from ..base import SyncResource

if TYPE_CHECKING:
    from .verifications import VerificationsResource


class SetupResource(SyncResource[AsyncSetupResource]):
    """Sign in to Beeper: `start`, `email`, `response`, and `register` for a new account.

    Then this device is verified: with the recovery key, or with another device.
    """

    @cached_property
    def recovery_key(self) -> "RecoveryKeyResource":
        """The key that unlocks the encrypted messages."""
        return RecoveryKeyResource(self._client, self._async.recovery_key)

    @cached_property
    def verifications(self) -> "VerificationsResource":
        """Verifications of a device by another one."""
        from .verifications import VerificationsResource

        return VerificationsResource(self._client, self._async.verifications)

    def retrieve(self) -> AppStateSnapshot:
        """Get how far the app is signed in and its encryption set up.

        Returns:
            The state; `state` says what has to be done next.

        Raises:
            NotFoundError: The app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/app/setup
        """
        return self._call(self._async.retrieve)

    def email(self, *, email: str, setup_request_id: str) -> None:
        """Have a code sent to an e-mail address, for `response`. The token doesn't go along.

        It is sent once, for the app could send two e-mails.

        Args:
            email: The address.
            setup_request_id: From `start`.

        Raises:
            NotFoundError: There is no such request, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/app/setup/email
        """
        return self._call(
            self._async.email,
            email=email,
            setup_request_id=setup_request_id,
        )

    def register(
        self, *, accept_terms: Literal[True], lead_token: str, setup_request_id: str, username: str
    ) -> SetupCompleteResponse:
        """Create a Beeper account, where `response` asked for it. The token doesn't go along.

        It is sent once, for it creates an account.

        Args:
            accept_terms: True, and only after the user accepted the terms.
            lead_token: From `response`.
            setup_request_id: From `start`.
            username: The name that the user chose.

        Returns:
            The secret credentials of the account, told this once, and the app's state.

        Raises:
            InvalidInputError: The terms are not accepted; nothing was sent.
            NotFoundError: There is no such request, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/app/setup/register
        """
        return self._call(
            self._async.register,
            accept_terms=accept_terms,
            lead_token=lead_token,
            setup_request_id=setup_request_id,
            username=username,
        )

    def response(self, *, response: str, setup_request_id: str) -> SetupResponseOutput:
        """Sign in with the code from the e-mail. The token doesn't go along.

        It is sent once, for it uses up the code.

        Args:
            response: The code.
            setup_request_id: From `start`.

        Returns:
            A `SetupCompleteResponse` with the secret credentials of the account, told this once;
            or a `SetupRegistrationRequiredResponse` if there is no account yet.

        Raises:
            NotFoundError: There is no such request, or the app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/app/setup/response
        """
        return self._call(
            self._async.response,
            response=response,
            setup_request_id=setup_request_id,
        )

    def start(self) -> SetupStartResponse:
        """Begin to sign in to Beeper. The token doesn't go along.

        It is sent once, for a second delivery would begin a second time.

        Returns:
            The ID for the further calls.

        Raises:
            NotFoundError: The app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/app/setup/start
        """
        return self._call(self._async.start)


class AppResource(SyncResource[AsyncAppResource]):
    """Manage the app."""

    @cached_property
    def setup(self) -> "SetupResource":
        """Signing in to Beeper, and setting up encryption."""
        return SetupResource(self._client, self._async.setup)


class RecoveryKeyResource(SyncResource[AsyncRecoveryKeyResource]):
    """Use or replace the recovery key."""

    @cached_property
    def reset(self) -> "RecoveryKeyResetResource":
        """Replacing the recovery key."""
        return RecoveryKeyResetResource(self._client, self._async.reset)

    def verify(self, *, recovery_key: str) -> SetupStateResponse:
        """Verify this device with the recovery key.

        Args:
            recovery_key: The key, as the user has it. It is a secret.

        Returns:
            The app's new state.

        Raises:
            NotFoundError: The app is older than 4.3.0.
            APIError: Any other failure, such as a wrong key.

        Endpoint: POST /v1/app/setup/verification/recovery-key
        """
        return self._call(self._async.verify, recovery_key=recovery_key)


class RecoveryKeyResetResource(SyncResource[AsyncRecoveryKeyResetResource]):
    """Replace the recovery key: `create` a new one, and `confirm` that the user saved it."""

    def create(self, *, existing_recovery_key: str | Omit = omit) -> RecoveryKeyResetResponse:
        """Make a new recovery key.

        It is sent once, for a second delivery would make another key.

        Args:
            existing_recovery_key: The key until now, if the user still has it. It is a secret.

        Returns:
            The new key, a secret to show to the user this once, and the app's state.

        Raises:
            NotFoundError: The app is older than 4.3.0.
            APIError: Any other failure, such as a wrong key.

        Endpoint: POST /v1/app/setup/verification/recovery-key/reset
        """
        return self._call(
            self._async.create,
            existing_recovery_key=existing_recovery_key,
        )

    def confirm(self, *, recovery_key: str) -> SetupStateResponse:
        """Confirm that the user saved the new recovery key.

        It is sent once, for it changes which key is valid.

        Args:
            recovery_key: The new key from `create`. It is a secret.

        Returns:
            The app's new state.

        Raises:
            NotFoundError: The app is older than 4.3.0.
            APIError: Any other failure, such as a wrong key.

        Endpoint: POST /v1/app/setup/verification/recovery-key/reset/confirm
        """
        return self._call(self._async.confirm, recovery_key=recovery_key)
