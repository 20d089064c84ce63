"""Signing in to Beeper itself: the app's state and the device verifications."""

from typing import Literal, TypeAlias

from attrs import field, frozen

from .base import Model


@frozen(kw_only=True, weakref_slot=False, repr=False)
class AppE2EESecrets(Model):
    """Which encryption secrets this device has."""

    master_key: bool
    megolm_backup_key: bool
    recovery_key: bool
    self_signing_key: bool
    user_signing_key: bool


@frozen(kw_only=True, weakref_slot=False, repr=False)
class AppE2EE(Model):
    """How far encryption is set up."""

    cross_signing: bool
    first_sync_done: bool
    has_backed_up_recovery_key: bool
    """User confirmed saving the key."""
    initialized: bool
    key_backup: bool
    secrets: AppE2EESecrets
    secret_storage: bool
    verified: bool
    recovery_key_generated_at: float | None = None
    """Unix time, number."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class AppMatrixIdentity(Model):
    """Who is signed in."""

    device_id: str
    homeserver: str
    user_id: str


@frozen(kw_only=True, weakref_slot=False, repr=False)
class AppMatrixCredentials(Model):
    """The credentials of the Beeper account. Secret."""

    access_token: str = field(repr=False)
    """Beeper account secret, returned once; never log."""
    device_id: str
    homeserver: str
    user_id: str


@frozen(kw_only=True, weakref_slot=False, repr=False)
class VerificationError(Model):
    """Why a verification failed."""

    code: str
    reason: str


@frozen(kw_only=True, weakref_slot=False, repr=False)
class VerificationOtherDevice(Model):
    """The other device of a verification."""

    id: str
    name: str | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class VerificationQR(Model):
    """The QR code to show."""

    data: str = field(repr=False)


@frozen(kw_only=True, weakref_slot=False, repr=False)
class VerificationSAS(Model):
    """The emojis or numbers to compare."""

    emojis: str = field(repr=False)
    """One string."""
    decimals: str | None = field(default=None, repr=False)
    """One string."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class Verification(Model):
    """A device verification under way."""

    id: str
    available_actions: list[
        Literal["accept", "cancel", "qr.confirmScanned", "sas.start", "sas.confirm"] | str
    ]
    """What the client may call next."""
    direction: Literal["incoming", "outgoing"] | str
    methods: list[Literal["qr", "sas"] | str]
    purpose: Literal["login", "device"] | str
    state: (
        Literal["requested", "ready", "sas_ready", "qr_scanned", "done", "cancelled", "error"] | str
    )
    error: VerificationError | None = None
    other_device: VerificationOtherDevice | None = None
    other_user_id: str | None = None
    qr: VerificationQR | None = None
    """Payload to display."""
    sas: VerificationSAS | None = None
    """Emoji/number comparison data."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class AppStateSnapshot(Model):
    """Sign-in and encryption state; body of GET /v1/app/setup."""

    e2ee: AppE2EE
    state: (
        Literal[
            "needs-login",
            "initializing",
            "needs-cross-signing-setup",
            "needs-verification",
            "needs-secrets",
            "needs-first-sync",
            "ready",
        ]
        | str
    )
    matrix: AppMatrixIdentity | None = None
    """Absent until signed in."""
    verification: Verification | None = None
    """Absent when no verification is running."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class SetupStartResponse(Model):
    """A sign-in that has begun."""

    setup_request_id: str
    sign_in_methods: list[str]
    """Free strings."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class SetupCompleteResponse(Model):
    """Signed in."""

    matrix: AppMatrixCredentials
    session: AppStateSnapshot


@frozen(kw_only=True, weakref_slot=False, repr=False)
class SetupRegistrationCopy(Model):
    """Texts to show while registering."""

    submit: str
    """Fixed English UI text; treat as a free string."""
    terms: str
    """Fixed English UI text; treat as a free string."""
    title: str
    """Fixed English UI text; treat as a free string."""
    username_placeholder: str
    """Fixed English UI text; treat as a free string."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class SetupRegistrationRequiredResponse(Model):
    """The address is new: an account has to be registered."""

    copy_: SetupRegistrationCopy
    """UI texts; the official Python name is copy_ because copy clashes with its base class."""
    lead_token: str = field(repr=False)
    """Pass to register."""
    registration_required: bool
    """Constant marker that tells the two variants apart."""
    setup_request_id: str
    username_suggestions: list[str] | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class SetupResponseUnknown(Model):
    """An outcome of a sign-in that this release doesn't know; `extra` holds all of it."""


SetupResponseOutput: TypeAlias = (
    SetupRegistrationRequiredResponse | SetupCompleteResponse | SetupResponseUnknown
)
"""Signed in, or registration required."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class SetupStateResponse(Model):
    """{session}; returned by recovery_key.verify and recovery_key.reset.confirm."""

    session: AppStateSnapshot


@frozen(kw_only=True, weakref_slot=False, repr=False)
class VerificationResponse(Model):
    """{session, verification?}; returned by all eight verification actions."""

    session: AppStateSnapshot
    verification: Verification | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class VerificationListResponse(Model):
    """The active verifications."""

    items: list[Verification]


@frozen(kw_only=True, weakref_slot=False, repr=False)
class RecoveryKeyResetResponse(Model):
    """The new recovery key. Secret."""

    recovery_key: str = field(repr=False)
    """Secret; show once."""
    session: AppStateSnapshot
