"""Bodies of OAuth, whose names are snake_case and whose times are Unix seconds."""

from typing import ClassVar

from attrs import field, frozen

from ..models.base import Model


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ServerMetadata(Model):
    """Where an app has what a login needs (RFC 8414)."""

    wire_case: ClassVar[str] = "snake"

    authorization_endpoint: str
    registration_endpoint: str
    revocation_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    introspection_endpoint: str | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class Registration(Model):
    """What a program is registered as (RFC 7591)."""

    wire_case: ClassVar[str] = "snake"

    client_id: str


@frozen(kw_only=True, weakref_slot=False, repr=False)
class TokenGrant(Model):
    """The token, at the end of a login."""

    wire_case: ClassVar[str] = "snake"

    access_token: str = field(repr=False)
    expires_in: float | None = None
    """Seconds."""
    scope: str | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class IntrospectedApp(Model):
    """The app that has issued a token."""

    wire_case: ClassVar[str] = "snake"

    name: str | None = None
    version: str | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class IntrospectedClient(Model):
    """The program that a token was issued to."""

    wire_case: ClassVar[str] = "snake"

    name: str | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class Introspection(Model):
    """What an app knows of a token (RFC 7662)."""

    wire_case: ClassVar[str] = "snake"

    active: bool
    app: IntrospectedApp | None = None
    client: IntrospectedClient | None = None
    client_id: str | None = None
    exp: float | None = None
    scope: str | None = None
