"""Connected chat accounts."""

from typing import Any, Literal

from attrs import frozen

from .base import Model
from .user import User


@frozen(kw_only=True, weakref_slot=False, repr=False)
class AccountBridge(Model):
    """The bridge that carries an account."""

    id: str
    """Cloud: network type (matrix, discordgo); on device: e.g. local-whatsapp."""
    provider: Literal["cloud", "self-hosted", "local", "platform-sdk"] | str
    """Where the bridge runs."""
    type: str
    """E.g. matrix, discordgo, slackgo, whatsapp, telegram, twitter."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class Account(Model):
    """One connected chat account."""

    account_id: str
    """Routing key for account-scoped calls; NOT named id."""
    bridge: AccountBridge | None = None
    """App 4.2.785+."""
    status: (
        Literal[
            "connected",
            "connecting",
            "backfilling",
            "connection_required",
            "reconnect_required",
            "attention_required",
            "disconnected",
            "disabled",
        ]
        | str
        | None
    ) = None
    """Connection state; absent on apps older than SDK 6.0.0 although declared required."""
    user: User
    """The account owner."""
    capabilities: dict[str, Any] | None = None
    """Free-form runtime capability map."""
    login_id: str | None = None
    """Bridge login that owns this account; one login may own several accounts."""
    network: str | None = None
    """Display name of the network; absent when unknown."""
    status_text: str | None = None
    """Human-readable status."""
