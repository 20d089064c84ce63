"""The calls of OAuth to one app."""

from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from urllib.parse import urlencode, urlsplit

from attrs import evolve, frozen

from .._codec.json_values import as_object
from .._http.failures import one_line, without_frames
from .._http.options import Options, Token
from .._http.request import Form, Idempotency, Request
from .._http.transport import BoundTransport, Transport
from ..errors import (
    APIResponseValidationError,
    APIStatusError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
)
from ..models.info import InfoOAuthEndpoints, InfoRetrieveResponse
from .errors import LoginDeniedError, LoginError
from .pkce import Proof
from .urls import check_named
from .wire import Introspection, Registration, ServerMetadata, TokenGrant

T = TypeVar("T")

_METADATA: Final = "/.well-known/oauth-authorization-server"
_NO_OAUTH: Final = (
    "This app offers no login in the browser; app 4.2.557 is the first that does. Make a token in "
    "the app under Settings, Developers, and paste it: `beeper-async login --token -`."
)


@frozen(kw_only=True)
class Consent:
    """What the user is asked on the consent page."""

    client_id: str
    redirect_uri: str
    scope: str
    proof: Proof


@frozen(kw_only=True)
class TokenStatus:
    """What an app says of a token."""

    active: bool
    """Whether the app accepts it."""
    scopes: tuple[str, ...] = ()
    """What it may do, of "read" and "write"."""
    expires_at: datetime | None = None
    """When it expires. None if the app does not say."""
    client_name: str | None = None
    """Name of the program that it was issued to. None if the app does not say."""


class OAuthServer:
    """The OAuth side of one app. Made by `connect`.

    Args:
        transport: What sends.
        options: Options of calls to the app, without a token.
        endpoints: Where everything is.
    """

    def __init__(
        self,
        transport: Transport,
        options: Options,
        endpoints: InfoOAuthEndpoints | ServerMetadata,
    ) -> None:
        self._transport = transport
        self._options = options
        self._endpoints = endpoints

    @classmethod
    async def connect(cls, transport: Transport, options: Options) -> "OAuthServer":
        """Find out where the app has what a login needs.

        Raises:
            LoginError: It has none of it, or names an address that is not its own.
            APIError: The app can't be reached.
        """
        return cls(transport, options, await _endpoints(BoundTransport(transport, options)))

    async def register(self, name: str, redirect_uri: str, scope: str) -> str:
        """Register this program for one login, and return its client ID."""
        body = {
            "client_name": name,
            "redirect_uris": [redirect_uri],
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "scope": scope,
            "token_endpoint_auth_method": "none",
        }
        url = self._named(self._endpoints.registration_endpoint)
        # A second registration does no harm.
        kind = Idempotency.IDEMPOTENT
        return (await self._post("oauth.register", url, Registration, body, kind)).client_id

    def consent_url(self, consent: Consent) -> str:
        """Return the address of the page for the browser."""
        url = self._named(self._endpoints.authorization_endpoint)
        query = {
            "client_id": consent.client_id,
            "redirect_uri": consent.redirect_uri,
            "response_type": "code",
            "scope": consent.scope,
            "state": consent.proof.state,
            "code_challenge": consent.proof.challenge,
            "code_challenge_method": "S256",
        }
        return url + ("&" if urlsplit(url).query else "?") + urlencode(query)

    async def exchange(self, code: str, consent: Consent) -> TokenGrant:
        """Exchange the code that the browser brought for a token. It works once."""
        form = Form(
            {
                "grant_type": "authorization_code",
                "code": code,
                "code_verifier": consent.proof.verifier,
                "client_id": consent.client_id,
                "redirect_uri": consent.redirect_uri,
            }
        )
        url = self._named(self._endpoints.token_endpoint)
        return await self._post("oauth.token", url, TokenGrant, form, Idempotency.UNSAFE)

    async def introspect(self, token: Token) -> TokenStatus | None:
        """Ask what the app knows of a token; None if the app is too old to say."""
        named = self._endpoints.introspection_endpoint
        if named is None:
            return None
        form = Form({"token": token.reveal(), "token_type_hint": "access_token"})
        url = self._named(named)
        try:
            found = await self._post("oauth.introspect", url, Introspection, form, Idempotency.SAFE)
        except NotFoundError:
            return None
        return TokenStatus(
            active=found.active,
            scopes=tuple((found.scope or "").split()),
            expires_at=None if found.exp is None else from_unix(found.exp),
            client_name=one_line(found.client.name) if found.client and found.client.name else None,
        )

    async def revoke(self, token: Token) -> None:
        """Have the app refuse a token from now on."""
        form = Form({"token": token.reveal(), "token_type_hint": "access_token"})
        url = self._named(self._endpoints.revocation_endpoint)
        await self._post("oauth.revoke", url, type(None), form, Idempotency.IDEMPOTENT)

    def _named(self, url: str) -> str:
        return check_named(url, self._options.base_url)

    async def _post(
        self, name: str, url: str, result_type: type[T], body: Any, idempotency: Idempotency
    ) -> T:
        parts = urlsplit(url)
        options = evolve(self._options, base_url=f"{parts.scheme}://{parts.netloc}")
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        request = Request(name, "POST", path, result_type, body, idempotency, auth=False)
        try:
            return await self._transport.send(request, options)
        except (NotFoundError, RateLimitError, InternalServerError) as error:
            error.body = None  # nobody knows what a proxy repeats of the request
            raise without_frames(error) from None
        except APIStatusError as error:
            refusal: LoginError = _refusal(name, error)
        except APIResponseValidationError:
            # The error itself has the whole response, which may hold a token.
            refusal = LoginError(f"{name}: the response of the app can't be read. Try again.")
        raise refusal


async def _endpoints(caller: BoundTransport) -> InfoOAuthEndpoints | ServerMetadata:
    try:
        info = await caller.send(
            Request("info.retrieve", "GET", "/v1/info", InfoRetrieveResponse, auth=False)
        )
        return info.endpoints.oauth
    except (NotFoundError, APIResponseValidationError):
        pass  # an older app; the standard document may be there all the same
    try:
        return await caller.send(
            Request("oauth.metadata", "GET", _METADATA, ServerMetadata, auth=False)
        )
    except (NotFoundError, APIResponseValidationError):
        raise LoginError(_NO_OAUTH) from None


def _refusal(name: str, error: APIStatusError) -> LoginDeniedError:
    """Make the error of a refusal, which in OAuth has a form of its own."""
    body = as_object(error.body)
    code, said = body.get("error"), body.get("error_description")
    code = one_line(code) if isinstance(code, str) else f"http_{error.status_code}"
    text = f"{name}: the app refused the login ({code})"
    text += f": {one_line(said)}." if isinstance(said, str) and said else "."
    return LoginDeniedError(f"{text} Begin again with `beeper-async login`.", code)


def from_unix(seconds: float) -> datetime | None:
    """Return a time of OAuth; None if it is beyond all calendars."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
