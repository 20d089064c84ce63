"""An access token as a login leaves it, and as JSON for the store. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from attrs import frozen

from .._codec.json_values import as_object
from .._http.options import Token, checked_token, checked_url
from ..errors import ConfigurationError

_EARLIEST_NOTICE: Final = timedelta(days=3)


@frozen(kw_only=True)
class StoredToken:
    """An access token, and what it is for. Its repr does not show the token.

    Example:
        from beeper_async.auth import login

        token = await login()
        print(token.base_url, token.scopes, token.expires_at)
    """

    token: Token
    """The access token; `token.reveal()` returns it as text."""
    base_url: str
    """The only base URL that it is sent to."""
    scopes: tuple[str, ...] = ()
    """What it may do, of "read" and "write". Empty if the app did not say."""
    client_id: str | None = None
    """The OAuth client that it was issued to. None if it was made in the app."""
    created_at: datetime
    """When it was stored."""
    expires_at: datetime | None = None
    """When it expires. None if the app did not say."""
    source: Literal["login", "pasted"] = "login"
    """Whether a login in the browser made it, or it was pasted."""
    in_keyring: bool = False
    """Whether the token itself is in the keyring of the system, not in the file."""

    def expires_soon(self, now: datetime) -> bool:
        """Return whether less than a tenth of its time is left, or it has expired.

        Of a token that is valid for more than 30 days, the last three days count.

        Args:
            now: The current time, with a time zone.
        """
        if self.expires_at is None:
            return False
        notice = min((self.expires_at - self.created_at) / 10, _EARLIEST_NOTICE)
        return self.expires_at - now < notice


def to_record(stored: StoredToken) -> dict[str, Any]:
    """Return the JSON object of the store. In the keyring's case, it is without the token."""
    return {
        "base_url": stored.base_url,
        "scope": " ".join(stored.scopes),
        "client_id": stored.client_id,
        "created_at": stored.created_at.isoformat(timespec="seconds"),
        "expires_at": stored.expires_at and stored.expires_at.isoformat(timespec="seconds"),
        "source": stored.source,
        "keyring": stored.in_keyring,
        **({} if stored.in_keyring else {"access_token": stored.token.reveal()}),
    }


def from_record(record: Any, token_of_keyring: str | None) -> StoredToken | None:
    """Read such an object; None if it is not one.

    Args:
        record: The JSON value.
        token_of_keyring: The token, if the record says that the keyring has it.
    """
    values = as_object(record)
    text = token_of_keyring if values.get("keyring") is True else values.get("access_token")
    created = _time(values, "created_at")
    try:
        return StoredToken(
            token=Token(checked_token(_text(text))),
            base_url=checked_url(_text(values.get("base_url"))),
            scopes=tuple(_text(values.get("scope")).split()),
            client_id=_text(values["client_id"]) if values.get("client_id") else None,
            created_at=created or datetime.fromtimestamp(0, UTC),
            expires_at=_time(values, "expires_at"),
            source="pasted" if values.get("source") == "pasted" else "login",
            in_keyring=values.get("keyring") is True,
        )
    except (ConfigurationError, ValueError):
        return None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")
    return value


def _time(values: Mapping[str, Any], name: str) -> datetime | None:
    text = values.get(name)
    try:
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return time if time is not None and time.tzinfo is not None else None
