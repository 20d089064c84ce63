"""Bridges and what they can do. The capability answers are snake_case on the wire."""

from typing import ClassVar, Literal

from attrs import frozen

from .account import Account
from .base import Model


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ResolveIdentifierCapabilities(Model):
    """Snake_case on the wire."""

    wire_case: ClassVar[str] = "snake"

    any_phone: bool
    contact_list: bool
    create_dm: bool
    lookup_email: bool
    lookup_phone: bool
    lookup_username: bool
    search: bool


@frozen(kw_only=True, weakref_slot=False, repr=False)
class DisappearingTimerCapability(Model):
    """Snake_case on the wire (bridge provisioning data)."""

    wire_case: ClassVar[str] = "snake"

    types: list[Literal["", "after_read", "after_read_by_recipient", "after_send"] | str]
    """"" is a legal value."""
    omit_empty_timer: bool | None = None
    timers: list[int] | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class GroupFieldCapability(Model):
    """Snake_case on the wire."""

    wire_case: ClassVar[str] = "snake"

    allowed: bool
    max_length: int | None = None
    min_length: int | None = None
    required: bool | None = None
    settings: DisappearingTimerCapability | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class GroupTypeCapabilities(Model):
    """Snake_case on the wire."""

    wire_case: ClassVar[str] = "snake"

    type_description: str
    avatar: GroupFieldCapability | None = None
    disappear: GroupFieldCapability | None = None
    name: GroupFieldCapability | None = None
    parent: GroupFieldCapability | None = None
    participants: GroupFieldCapability | None = None
    topic: GroupFieldCapability | None = None
    username: GroupFieldCapability | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ProvisioningCapabilities(Model):
    """Snake_case on the wire."""

    wire_case: ClassVar[str] = "snake"

    group_creation: dict[str, GroupTypeCapabilities]
    """Keyed by group type."""
    resolve_identifier: ResolveIdentifierCapabilities
    """Lookup abilities."""
    image_pack_import: bool | None = None


@frozen(kw_only=True, weakref_slot=False, repr=False)
class Bridge(Model):
    """A bridge that can connect accounts."""

    id: str
    accounts: list[Account]
    """Accounts connected through this bridge."""
    active_account_count: int
    """Active accounts of this network on this device."""
    display_name: str
    provider: Literal["cloud", "self-hosted", "local", "platform-sdk"] | str
    status: (
        Literal["available", "connected", "limit_reached", "temporarily_unavailable", "disabled"]
        | str
    )
    supports_multiple_accounts: bool
    """Several accounts of this network allowed at once."""
    type: str
    network: str | None = None
    """Grouping used for account limits."""
    status_text: str | None = None
    """Human-readable status."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class BridgeListResponse(Model):
    """All bridges."""

    items: list[Bridge]
