"""What GET /v1/info tells of the running app. Its names are snake_case on the wire."""

from typing import ClassVar

from attrs import frozen

from .base import Model


@frozen(kw_only=True, weakref_slot=False, repr=False)
class InfoApp(Model):
    """The app."""

    wire_case: ClassVar[str] = "snake"

    bundle_id: str
    """Contains .server for Beeper Server, .desktop for Beeper Desktop."""
    name: str
    version: str


@frozen(kw_only=True, weakref_slot=False, repr=False)
class InfoPlatform(Model):
    """The machine the app runs on."""

    wire_case: ClassVar[str] = "snake"

    arch: str
    os: str
    release: str | None = None
    """Runtime release."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class InfoServer(Model):
    """The HTTP server inside the app."""

    wire_case: ClassVar[str] = "snake"

    base_url: str
    """Observed http://127.0.0.1:23373."""
    hostname: str
    """Listening host."""
    mcp_enabled: bool
    port: int
    remote_access: bool
    """True = bound beyond loopback."""
    status: str
    """Observed value: running."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class InfoOAuthEndpoints(Model):
    """The OAuth URLs of the app."""

    wire_case: ClassVar[str] = "snake"

    authorization_endpoint: str
    introspection_endpoint: str
    registration_endpoint: str
    revocation_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str


@frozen(kw_only=True, weakref_slot=False, repr=False)
class InfoEndpoints(Model):
    """Where the other interfaces of the app live."""

    wire_case: ClassVar[str] = "snake"

    mcp: str
    """Observed path /v0/mcp."""
    oauth: InfoOAuthEndpoints
    spec: str
    """OpenAPI document of the running app."""
    ws_events: str
    """Given with http(s) scheme; swap to ws(s)."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class InfoRetrieveResponse(Model):
    """Snake_case on the wire."""

    wire_case: ClassVar[str] = "snake"

    app: InfoApp
    endpoints: InfoEndpoints
    platform: InfoPlatform
    server: InfoServer
