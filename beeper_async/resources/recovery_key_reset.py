"""Replacing the recovery key."""

from ..models.setup import RecoveryKeyResetResponse, SetupStateResponse
from ..omit import Omit, omit
from ..request import Repeat, Request, json_body
from .base import AsyncResource


class AsyncRecoveryKeyResetResource(AsyncResource):
    """Replace the recovery key: `create` a new one, and `confirm` that the user saved it."""

    async def create(self, *, existing_recovery_key: str | Omit = omit) -> RecoveryKeyResetResponse:
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
        path = "/v1/app/setup/verification/recovery-key/reset"
        body = json_body(existing_recovery_key=existing_recovery_key)
        name, answer = "app.setup.recovery_key.reset.create", RecoveryKeyResetResponse
        return await self._send(Request(name, "POST", path, answer, body, Repeat.UNSAFE))

    async def confirm(self, *, recovery_key: str) -> SetupStateResponse:
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
        path = "/v1/app/setup/verification/recovery-key/reset/confirm"
        body = json_body(recovery_key=recovery_key)
        name, answer = "app.setup.recovery_key.reset.confirm", SetupStateResponse
        return await self._send(Request(name, "POST", path, answer, body, Repeat.UNSAFE))
