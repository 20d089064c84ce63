"""Where the live socket of an app is."""

from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from ..errors import APIResponseValidationError, NotFoundError

if TYPE_CHECKING:
    from ..client import AsyncBeeperDesktop

_USUAL: Final = "/v1/ws"


async def socket_url(client: "AsyncBeeperDesktop") -> str:
    """Return the address that the app names, if it is at the host that the token was given for.

    Behind a reverse proxy an app names an address that only it itself can reach.
    """
    try:
        named = (await client.info.retrieve()).endpoints.ws_events
    except (NotFoundError, APIResponseValidationError):
        named = ""  # an old app; connecting will tell
    url = urljoin(client.base_url + "/", named)
    if not named or not url.startswith(client.base_url + "/"):
        url = client.base_url + _USUAL
    return "ws" + url.removeprefix("http")
