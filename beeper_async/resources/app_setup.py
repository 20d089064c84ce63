"""The app: signing it in to Beeper, and setting up its encryption."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from .._http.query import json_body
from .._http.request import Idempotency, Request
from .._omit import Omit, omit
from .._validation import check_consent
from ..models.setup import (
    AppStateSnapshot,
    RecoveryKeyResetResponse,
    SetupCompleteResponse,
    SetupResponseOutput,
    SetupStartResponse,
    SetupStateResponse,
)
from .base import AsyncResource

if TYPE_CHECKING:
    from .verifications import AsyncVerificationsResource


class AsyncSetupResource(AsyncResource):
    """Sign in to Beeper: `start`, `email`, `response`, and `register` for a new account.

    Then this device is verified: with the recovery key, or with another device.
    """

    @cached_property
    def recovery_key(self) -> "AsyncRecoveryKeyResource":
        """The key that unlocks the encrypted messages."""
        return AsyncRecoveryKeyResource(self._caller)

    @cached_property
    def verifications(self) -> "AsyncVerificationsResource":
        """Verifications of a device by another one."""
        from .verifications import AsyncVerificationsResource

        return AsyncVerificationsResource(self._caller)

    async def retrieve(self) -> AppStateSnapshot:
        """Get how far the app is signed in and its encryption set up.

        Returns:
            The state; `state` says what has to be done next.

        Raises:
            NotFoundError: The app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: GET /v1/app/setup
        """
        return await self._send(
            Request("app.setup.retrieve", "GET", "/v1/app/setup", AppStateSnapshot)
        )

    async def email(self, *, email: str, setup_request_id: str) -> None:
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
        body = json_body(email=email, setup_request_id=setup_request_id)
        name, path = "app.setup.email", "/v1/app/setup/email"
        return await self._send(
            Request(name, "POST", path, type(None), body, Idempotency.UNSAFE, auth=False)
        )

    async def register(
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
        body = json_body(
            accept_terms=check_consent("accept_terms", accept_terms),
            lead_token=lead_token,
            setup_request_id=setup_request_id,
            username=username,
        )
        name, path, answer = "app.setup.register", "/v1/app/setup/register", SetupCompleteResponse
        return await self._send(
            Request(name, "POST", path, answer, body, Idempotency.UNSAFE, auth=False)
        )

    async def response(self, *, response: str, setup_request_id: str) -> SetupResponseOutput:
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
        body = json_body(response=response, setup_request_id=setup_request_id)
        name, path = "app.setup.response", "/v1/app/setup/response"
        answer: Any = SetupResponseOutput  # to a type checker a union is no type[T]
        request: Request[SetupResponseOutput]
        request = Request(name, "POST", path, answer, body, Idempotency.UNSAFE, auth=False)
        return await self._send(request)

    async def start(self) -> SetupStartResponse:
        """Begin to sign in to Beeper. The token doesn't go along.

        It is sent once, for a second delivery would begin a second time.

        Returns:
            The ID for the further calls.

        Raises:
            NotFoundError: The app is older than 4.3.0.
            APIError: Any other failure of the call.

        Endpoint: POST /v1/app/setup/start
        """
        name, path, answer = "app.setup.start", "/v1/app/setup/start", SetupStartResponse
        return await self._send(
            Request(name, "POST", path, answer, idempotency=Idempotency.UNSAFE, auth=False)
        )


class AsyncAppResource(AsyncResource):
    """Manage the app."""

    @cached_property
    def setup(self) -> "AsyncSetupResource":
        """Signing in to Beeper, and setting up encryption."""
        return AsyncSetupResource(self._caller)


class AsyncRecoveryKeyResource(AsyncResource):
    """Use or replace the recovery key."""

    @cached_property
    def reset(self) -> "AsyncRecoveryKeyResetResource":
        """Replacing the recovery key."""
        return AsyncRecoveryKeyResetResource(self._caller)

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
        return await self._send(Request(name, "POST", path, answer, body, Idempotency.IDEMPOTENT))


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
        return await self._send(Request(name, "POST", path, answer, body, Idempotency.UNSAFE))

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
        return await self._send(Request(name, "POST", path, answer, body, Idempotency.UNSAFE))
