"""Bridge logins, their flows and sessions."""

from typing import Any, Literal, TypeAlias

from attrs import field, frozen

from .account import Account
from .base import Model
from .user import User


@frozen(kw_only=True, weakref_slot=False, repr=False)
class APIError(Model):
    """Error object inside a LoginSession (details is a plain map here)."""

    code: str
    message: str
    details: dict[str, Any] | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class BridgeLogin(Model):
    """An identity that is signed in to a network."""

    bridge_id: str
    login_id: str
    remove_scopes: list[Literal["current-device", "all-devices"] | str]
    """Scopes accepted by the remove call."""
    status: Literal["connected", "connecting", "needs_login", "logged_out", "unknown"] | str
    account_ids: list[str] | None = None
    """Chat accounts of this login."""
    status_text: str | None = None
    user: User | None = None
    """Signed-in identity."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LoginListResponse(Model):
    """The logins of a bridge."""

    items: list[BridgeLogin]


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LoginRemoveResponse(Model):
    """The login that was removed."""

    bridge_id: str
    login_id: str
    scope: Literal["current-device", "all-devices"] | str
    status: Literal["removed"] | str
    affected_account_ids: list[str] | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LoginFlow(Model):
    """A way to sign in."""

    id: str
    """Pass as flowID when creating a login session."""
    description: str | None = None
    name: str | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LoginFlowListResponse(Model):
    """The ways to sign in to a bridge."""

    items: list[LoginFlow]


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LoginInputField(Model):
    """A field to fill in."""

    id: str
    """Key to use in the submitted fields map."""
    initial_value: str | None = field(default=None, repr=False)
    label: str | None = None
    optional: bool | None = None
    """True = may stay empty."""
    placeholder: str | None = None
    type: str | None = None
    """Input hint such as text, password, email; free string."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class CookieField(Model):
    """A value to collect from the browser."""

    id: str
    """Key to use in the submitted fields map."""
    name: str | None = None
    """Name of the cookie, header or local-storage entry to collect."""
    type: Literal["cookie", "header", "local_storage"] | str | None = None
    """Where the value lives in the browser."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LoginDisplayQR(Model):
    """A QR code to show."""

    data: str = field(repr=False)
    type: Literal["qr"]


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LoginDisplayEmoji(Model):
    """An emoji to show."""

    image_url: str = field(repr=False)
    type: Literal["emoji"]


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LoginDisplayCode(Model):
    """A code to show."""

    data: str = field(repr=False)
    type: Literal["code"]


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LoginDisplayNothing(Model):
    """Nothing to show; just wait."""

    type: Literal["nothing"]


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LoginDisplayUnknown(Model):
    """A display of a kind that this release doesn't know; `extra` holds all of it."""

    type: str | None = None


LoginDisplay: TypeAlias = (
    LoginDisplayQR
    | LoginDisplayEmoji
    | LoginDisplayCode
    | LoginDisplayNothing
    | LoginDisplayUnknown
)
"""What has to be shown, told apart by `type`."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LoginStepUserInput(Model):
    """The user has to fill in fields."""

    fields: list[LoginInputField]
    step_id: str
    type: Literal["user_input"]
    attachments: list[Any] | None = None
    """Opaque list."""
    instructions: str | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LoginStepCookies(Model):
    """The user has to sign in on a page, whose cookies are then handed in."""

    fields: list[CookieField]
    step_id: str
    type: Literal["cookies"]
    url: str
    """Page to open for the user."""
    expected_final_url_regex: str | None = None
    """Tells when sign-in finished."""
    extract_js: str | None = field(default=None, metadata={"wire": "extractJS"})
    """Opaque helper script."""
    instructions: str | None = None
    user_agent: str | None = None
    """Suggested browser user agent."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LoginStepDisplayAndWait(Model):
    """Something has to be shown to the user while the session is polled."""

    display: LoginDisplay
    step_id: str
    type: Literal["display_and_wait"]
    instructions: str | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LoginStepComplete(Model):
    """Final step."""

    type: Literal["complete"]
    account: Account | None = None
    instructions: str | None = None
    login: BridgeLogin | None = None
    step_id: str | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LoginStepUnknown(Model):
    """A step of a kind that this release doesn't know; `extra` holds the rest of it."""

    type: str | None = None
    step_id: str | None = None
    instructions: str | None = None


LoginStep: TypeAlias = (
    LoginStepUserInput
    | LoginStepCookies
    | LoginStepDisplayAndWait
    | LoginStepComplete
    | LoginStepUnknown
)
"""What a login waits for, told apart by `type`."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LoginSession(Model):
    """A login under way, with the step it waits for."""

    bridge_id: str
    login_session_id: str
    status: (
        Literal[
            "waiting_for_input",
            "waiting_for_cookies",
            "waiting_for_display",
            "complete",
            "cancelled",
            "failed",
        ]
        | str
    )
    account: Account | None = None
    """Set on completion when known."""
    account_id: str | None = None
    current_step: LoginStep | None = None
    """Absent when status is complete, cancelled or failed."""
    error: APIError | None = None
    """Set when the session failed."""
    login: BridgeLogin | None = None
    """Set on completion when known."""
    login_id: str | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class LoginSessionCancelResponse(Model):
    """The login that was given up."""

    bridge_id: str
    login_session_id: str
    status: Literal["cancelled"] | str
