"""What the app knows of OAuth: clients, consents and the tokens that it has issued."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable

import attrs

LIFETIME = 86_400
"""Seconds that a token is valid after a login, unless `Tokens.lifetime` is changed."""


@attrs.define
class IssuedToken:
    """An access token in addition to the first one."""

    text: str = attrs.field(repr=False)
    number: int
    scopes: tuple[str, ...]
    client_id: str | None = None
    client_name: str | None = None
    issued_at: int = attrs.field(factory=lambda: int(time.time()))
    expires_at: float | None = None
    """Unix seconds. None means that it does not expire."""

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= time.time()


class Tokens:
    """The access tokens that the app accepts in addition to the first one, `Simulator.token`."""

    def __init__(self) -> None:
        self.lifetime: int = LIFETIME
        """Seconds that tokens of later logins are valid. At least 1."""
        self._issued: dict[str, IssuedToken] = {}
        self._count = 0

    def issue(
        self,
        scopes: Collection[str] = ("read", "write"),
        *,
        expires_in: float | None = None,
        client_id: str | None = None,
        client_name: str | None = None,
    ) -> str:
        """Make a token, as the dialog of the app does.

        Args:
            scopes: What it may do, of "read" and "write".
            expires_in: Seconds until it expires. None means that it does not expire.
            client_id: The OAuth client that it is for.
            client_name: Name of that client.
        """
        self._count += 1
        text = f"issued-token-{self._count}"
        self._issued[text] = IssuedToken(
            text=text,
            number=self._count + 1,
            scopes=tuple(scopes),
            client_id=client_id,
            client_name=client_name,
            expires_at=None if expires_in is None else time.time() + expires_in,
        )
        return text

    def find(self, text: str) -> IssuedToken | None:
        """Return a token that was not revoked; it may be expired."""
        return self._issued.get(text)

    def expire(self, text: str) -> None:
        """Let a token expire now.

        Raises:
            KeyError: The app has issued no such token, or it was revoked.
        """
        self._issued[text].expires_at = time.time()

    def revoke(self, text: str) -> None:
        """Refuse a token from now on. No effect if it is not accepted."""
        self._issued.pop(text, None)

    @property
    def valid(self) -> list[str]:
        """The tokens that were neither revoked nor have expired, oldest first."""
        return [token.text for token in self._issued.values() if not token.is_expired]


@attrs.frozen
class OAuthClient:
    """A program that has registered."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    scope: str


@attrs.frozen
class Consent:
    """What a program requests, shown on the consent page, and later bound to a code."""

    client: OAuthClient
    redirect_uri: str
    challenge: str
    state: str
    scopes: tuple[str, ...]


class Authorization:
    """The OAuth side of the app: registration, consents that wait, codes and tokens."""

    def __init__(self) -> None:
        self.tokens: Tokens = Tokens()
        self._clients: dict[str, OAuthClient] = {}
        self._waiting: dict[str, Consent] = {}
        self._codes: dict[str, Consent] = {}
        self._count = 0

    def register(self, name: str, redirect_uris: Iterable[str], scope: str) -> OAuthClient:
        """Register a program."""
        client = OAuthClient(self._number("client"), name, tuple(redirect_uris), scope)
        self._clients[client.client_id] = client
        return client

    def client(self, client_id: str) -> OAuthClient | None:
        """Return a program by its ID."""
        return self._clients.get(client_id)

    def ask(self, consent: Consent) -> str:
        """Note what is shown on a consent page; return the ID that its buttons send."""
        number = self._number("consent")
        self._waiting[number] = consent
        return number

    def answered(self, number: str) -> Consent | None:
        """Take a consent page that was answered; each of them counts once."""
        return self._waiting.pop(number, None)

    def grant(self, consent: Consent) -> str:
        """Make the code that the program exchanges for a token."""
        code = self._number("code")
        self._codes[code] = consent
        return code

    def redeem(self, code: str) -> Consent | None:
        """Take a code; each of them counts once."""
        return self._codes.pop(code, None)

    def _number(self, what: str) -> str:
        self._count += 1
        return f"sim-{what}-{self._count}"
