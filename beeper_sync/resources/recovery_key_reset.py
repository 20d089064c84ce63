# Generated from beeper_async/resources/recovery_key_reset.py by `python -m beeper_sync._generate`.
"""Replacing the recovery key."""

from beeper_async._omit import Omit, omit

from beeper_async.models.setup import RecoveryKeyResetResponse, SetupStateResponse
from beeper_async.resources.recovery_key_reset import AsyncRecoveryKeyResetResource

from ..base import SyncResource


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
