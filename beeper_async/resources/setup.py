"""Signing the app in to Beeper, and setting up its encryption."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from ..models.setup import (
    AppStateSnapshot,
    SetupCompleteResponse,
    SetupResponseOutput,
    SetupStartResponse,
)
from ..parameters import must_be_true
from ..request import Repeat, Request, json_body
from .base import AsyncResource

if TYPE_CHECKING:
    from .recovery_key import AsyncRecoveryKeyResource
    from .verifications import AsyncVerificationsResource


class AsyncSetupResource(AsyncResource):
    """Sign in to Beeper: `start`, `email`, `response`, and `register` for a new account.

    Then this device is verified: with the recovery key, or with another device.
    """

    @cached_property
    def recovery_key(self) -> "AsyncRecoveryKeyResource":
        """The key that unlocks the encrypted messages."""
        from .recovery_key import AsyncRecoveryKeyResource

        return AsyncRecoveryKeyResource(self._client)

    @cached_property
    def verifications(self) -> "AsyncVerificationsResource":
        """Verifications of a device by another one."""
        from .verifications import AsyncVerificationsResource

        return AsyncVerificationsResource(self._client)

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
            Request(name, "POST", path, type(None), body, Repeat.UNSAFE, auth=False)
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
            accept_terms=must_be_true("accept_terms", accept_terms),
            lead_token=lead_token,
            setup_request_id=setup_request_id,
            username=username,
        )
        name, path, answer = "app.setup.register", "/v1/app/setup/register", SetupCompleteResponse
        return await self._send(
            Request(name, "POST", path, answer, body, Repeat.UNSAFE, auth=False)
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
        request = Request(name, "POST", path, answer, body, Repeat.UNSAFE, auth=False)
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
            Request(name, "POST", path, answer, repeat=Repeat.UNSAFE, auth=False)
        )
