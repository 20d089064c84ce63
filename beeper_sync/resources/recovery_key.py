# Generated from beeper_async/resources/recovery_key.py by `python -m beeper_sync._generate`.
"""The recovery key: the secret that unlocks a user's encrypted messages on a new device."""

from functools import cached_property
from typing import TYPE_CHECKING

from beeper_async.models.setup import SetupStateResponse
from beeper_async.resources.recovery_key import AsyncRecoveryKeyResource

from ..base import SyncResource

if TYPE_CHECKING:
    from .recovery_key_reset import RecoveryKeyResetResource


class RecoveryKeyResource(SyncResource[AsyncRecoveryKeyResource]):
    """Use or replace the recovery key."""

    @cached_property
    def reset(self) -> "RecoveryKeyResetResource":
        """Replacing the recovery key."""
        from .recovery_key_reset import RecoveryKeyResetResource

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
