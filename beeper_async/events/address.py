"""Where the live socket of an app is."""

from typing import Final
from urllib.parse import urljoin

from ..errors import APIResponseValidationError, NotFoundError
from .source import EventSource

_USUAL: Final = "/v1/ws"


async def socket_url(source: EventSource) -> str:
    """Return the address that the app names, if it is at the host that the token was given for.

    Behind a reverse proxy an app names an address that only it itself can reach.
    """
    try:
        named = (await source.info.retrieve()).endpoints.ws_events
    except (NotFoundError, APIResponseValidationError):
        named = ""  # an old app; connecting will tell
    return url_at(source.base_url, named)


def url_at(base_url: str, named: str) -> str:
    """Return the address of the socket at the host that the token was given for.

    Args:
        base_url: Address of the app, without a slash at the end.
        named: What the app names, or nothing.
    """
    url = urljoin(base_url + "/", named)
    if not named or not url.startswith(base_url + "/"):
        url = base_url + _USUAL
    return "ws" + url.removeprefix("http")
