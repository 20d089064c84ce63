"""Which addresses a token may be sent to. Pure."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from .._http.failures import one_line
from .errors import InsecureURLError, LoginError

_PORTS: Final = {"http": 80, "https": 443}


def is_loopback(url: str) -> bool:
    """Return whether an address is on this machine: localhost, 127.0.0.0/8 or ::1."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def origin_of(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port.

    Raises:
        ValueError: It is no URL of http or https.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("no URL of http or https")
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]


def check_secure(url: str) -> str:
    """Return an address if a token may be sent there: https, or http on this machine.

    Raises:
        InsecureURLError: It is plain http to another machine.
    """
    if urlsplit(url).scheme != "https" and not is_loopback(url):
        raise InsecureURLError(
            f"A login needs https for another machine, and {one_line(url)} is plain http. Put the "
            "app behind a tunnel with https, or forward its port to this machine."
        )
    return url


def check_named(url: str, base_url: str) -> str:
    """Return an address that the app names for a login, if it is the app's own.

    Args:
        url: The address.
        base_url: Where the app listens.

    Raises:
        InsecureURLError: It is plain http to another machine.
        LoginError: It is of another host than the app.
    """
    try:
        same = origin_of(url) == origin_of(base_url)
    except ValueError:
        raise LoginError(
            f"The app names {one_line(url)!r} for the login, which is no URL."
        ) from None
    if not same and not (is_loopback(url) and is_loopback(base_url)):
        check_secure(url)
        raise LoginError(
            f"The app at {base_url} names another host for the login: {one_line(url)}. If that is "
            "the app too, use it as base_url; a reverse proxy has to forward the Host header."
        )
    return check_secure(url)
