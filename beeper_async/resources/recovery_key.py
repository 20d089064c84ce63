"""The recovery key: the secret that unlocks a user's encrypted messages on a new device."""

from functools import cached_property
from typing import TYPE_CHECKING

from ..models.setup import SetupStateResponse
from ..request import Repeat, Request, json_body
from .base import AsyncResource

if TYPE_CHECKING:
    from .recovery_key_reset import AsyncRecoveryKeyResetResource


class AsyncRecoveryKeyResource(AsyncResource):
    """Use or replace the recovery key."""

    @cached_property
    def reset(self) -> "AsyncRecoveryKeyResetResource":
        """Replacing the recovery key."""
        from .recovery_key_reset import AsyncRecoveryKeyResetResource

        return AsyncRecoveryKeyResetResource(self._client)

    async def verify(self, *, recovery_key: str) -> SetupStateResponse:
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
        path = "/v1/app/setup/verification/recovery-key"
        body = json_body(recovery_key=recovery_key)
        name, answer = "app.setup.recovery_key.verify", SetupStateResponse
        return await self._send(Request(name, "POST", path, answer, body, Repeat.REPEATABLE))
