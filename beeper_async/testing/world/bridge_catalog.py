"""The bridges a simulated app knows, and the steps by which one signs in to each."""

from __future__ import annotations

from typing import Any

import attrs

from .bridge_capabilities import NO_GROUPS, PHONE_NETWORK, USERNAME_NETWORK

Json = dict[str, Any]


@attrs.frozen(kw_only=True)
class Flow:
    """One way to sign in: its steps as they go over the wire, in order."""

    id: str
    steps: tuple[Json, ...]
    name: str | None = None
    description: str | None = None

    def wire(self) -> Json:
        """The flow as an item of the list of flows."""
        fields = {"id": self.id, "name": self.name, "description": self.description}
        return {name: value for name, value in fields.items() if value is not None}


@attrs.frozen(kw_only=True)
class BridgeKind:
    """What never changes about a bridge."""

    id: str
    type: str
    name: str
    network: str
    """Groups bridges whose accounts are counted together."""
    provider: str = "local"
    multiple: bool = True
    remove_scopes: tuple[str, ...] = ("current-device", "all-devices")
    flows: tuple[Flow, ...] = ()
    """The first one is taken when the caller names none."""
    capabilities: Json = attrs.field(factory=lambda: NO_GROUPS)

    def flow(self, flow_id: str | None) -> Flow | None:
        """A flow by its ID, or the default one."""
        return next((one for one in self.flows if flow_id in (None, one.id)), None)


FIELD_PATTERNS = {
    "phone": (r"\+[0-9]{7,15}", "Expected a phone number with + and the country code"),
    "code": (r"[0-9]{5}", "Expected the five digits of the code"),
}
"""What the values of some input fields must look like, by the ID of the field."""


def _phone(network: str) -> Json:
    return {
        "type": "user_input",
        "stepID": f"{network}.phone",
        "instructions": "Enter your phone number",
        "fields": [
            {
                "id": "phone",
                "type": "phone_number",
                "label": "Phone number",
                "placeholder": "+1...",
                "optional": False,
            },
            {"id": "alias", "type": "text", "label": "Name for this account", "optional": True},
        ],
    }


def _code(network: str) -> Json:
    return {
        "type": "user_input",
        "stepID": f"{network}.code",
        "instructions": "Enter the code that was sent to you",
        "fields": [{"id": "code", "type": "2fa_code", "label": "Code"}],
        "attachments": [],
    }


def password_step(network: str) -> Json:
    """The step that asks for the second factor."""
    return {
        "type": "user_input",
        "stepID": f"{network}.password",
        "fields": [{"id": "password", "type": "password", "label": "Two-step password"}],
    }


def _display(network: str, kind: str, instructions: str | None = None, **fields: str) -> Json:
    step: Json = {
        "type": "display_and_wait",
        "stepID": f"{network}.{kind}",
        "display": {"type": kind, **fields},
    }
    return step if instructions is None else {**step, "instructions": instructions}


def _qr(network: str) -> Flow:
    shown = _display(network, "qr", "Scan this code with your phone", data="")
    return Flow(id="qr", name="QR code", description="Scan with your phone", steps=(shown,))


def _cookies(network: str, site: str, final: str, *fields: Json) -> Json:
    return {
        "type": "cookies",
        "stepID": f"{network}.cookies",
        "url": f"https://{site}.invalid/login",
        "fields": list(fields),
        "expectedFinalURLRegex": rf"^https://{site}\.invalid/{final}",
        "userAgent": "Mozilla/5.0 (simulated)",
        "extractJS": "/* opaque */",
        "instructions": "Sign in",
    }


_TOKEN: Json = {"id": "token", "name": "token", "type": "local_storage"}

WHATSAPP = BridgeKind(
    id="local-whatsapp",
    type="whatsapp",
    name="WhatsApp",
    network="whatsapp",
    capabilities=PHONE_NETWORK,
    flows=(
        _qr("whatsapp"),
        Flow(
            id="phone",
            name="Phone number",
            steps=(
                _phone("whatsapp"),
                _display("whatsapp", "code", "Enter this code on your phone", data="FERN-1234"),
            ),
        ),
    ),
)
TELEGRAM = BridgeKind(
    id="local-telegram",
    type="telegram",
    name="Telegram",
    network="telegram",
    capabilities=USERNAME_NETWORK,
    flows=(
        Flow(id="phone", name="Phone number", steps=(_phone("telegram"), _code("telegram"))),
        _qr("telegram"),
    ),
)
SIGNAL = BridgeKind(
    id="local-signal",
    type="signal",
    name="Signal",
    network="signal",
    multiple=False,
    capabilities=PHONE_NETWORK,
    flows=(
        Flow(
            id="qr",
            name="QR code",
            steps=(
                _display("signal", "qr", "Scan this code with your phone", data=""),
                _display("signal", "nothing"),
            ),
        ),
    ),
)
IMESSAGE = BridgeKind(
    id="local-imessage",
    type="imessage",
    name="iMessage",
    network="imessage",
    provider="platform-sdk",
    multiple=False,
    remove_scopes=("current-device",),
)
SLACK = BridgeKind(
    id="slackgo",
    type="slackgo",
    name="Slack",
    network="slack",
    provider="cloud",
    remove_scopes=("all-devices",),
    flows=(
        Flow(
            id="cookies",
            steps=(_cookies("slack", "slack", "client/", _TOKEN, {"id": "d", "type": "cookie"}),),
        ),
    ),
)
DISCORD = BridgeKind(
    id="discordgo",
    type="discordgo",
    name="Discord",
    network="discord",
    provider="cloud",
    remove_scopes=("all-devices",),
    capabilities=USERNAME_NETWORK,
    flows=(
        Flow(
            id="cookies",
            name="Browser",
            steps=(_cookies("discord", "discord", "channels/", _TOKEN),),
        ),
        _qr("discord"),
    ),
)
GOOGLE_MESSAGES = BridgeKind(
    id="gmessages",
    type="gmessages",
    name="Google Messages",
    network="gmessages",
    provider="cloud",
    remove_scopes=("all-devices",),
    capabilities=PHONE_NETWORK,
    flows=(
        Flow(
            id="google",
            name="Google account",
            description="Sign in and confirm an emoji on your phone",
            steps=(
                _cookies(
                    "gmessages",
                    "google",
                    "messages",
                    {"id": "token", "name": "SID", "type": "cookie"},
                    {"id": "authorization", "name": "Authorization", "type": "header"},
                ),
                _display(
                    "gmessages",
                    "emoji",
                    "Tap this emoji on your phone",
                    imageURL="mxc://simulator.invalid/hedgehog",
                ),
            ),
        ),
    ),
)
TWITTER = BridgeKind(
    id="twitter",
    type="twitter",
    name="X",
    network="twitter",
    provider="cloud",
    multiple=False,
    flows=(Flow(id="cookies", steps=(_cookies("twitter", "x", "home", _TOKEN),)),),
)

BRIDGES = (WHATSAPP, TELEGRAM, SIGNAL, IMESSAGE, SLACK, DISCORD, GOOGLE_MESSAGES, TWITTER)
