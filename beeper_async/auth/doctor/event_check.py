"""Does the live socket open, and say that it is ready?"""

import asyncio
from typing import Final

from ..._http.failures import one_line
from ..._http.websocket import WebSocket
from ...errors import APIError, NotFoundError
from ...events.address import url_at
from ...events.frames import parsed
from .report import Check, broken, doubtful, fine
from .site import PATIENCE, Site

_POLLING: Final = "Without it there are no live events, and no bots."


async def check_events(site: Site) -> list[Check]:
    """Open the socket, and wait for its first word."""
    if not site.accepts_token:
        return []
    named = site.info.endpoints.ws_events if site.info else ""
    try:
        socket = await site.caller().open_websocket(url_at(site.base_url, named))
    except NotFoundError:
        found = f"The app has no live socket, so it is older than 4.2.557. {_POLLING}"
        return [doubtful("events", found, "Update Beeper Desktop.")]
    except APIError as error:
        found = f"The live socket does not open: {one_line(str(error))}. {_POLLING}"
        return [broken("events", found, "A proxy in between has to let WebSockets through.")]
    try:
        is_ready = await _is_ready(socket)
    finally:
        await socket.close()
    if is_ready:
        return [fine("events", "The live socket is ready.")]
    found = f"The live socket opens, but does not say that it is ready. {_POLLING}"
    return [broken("events", found, "Restart the app.")]


async def _is_ready(socket: WebSocket) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            while (text := await socket.receive()) is not None:
                frame = parsed(text)
                if frame is not None and frame.get("type") == "ready":
                    return True
    except TimeoutError:
        pass
    return False
