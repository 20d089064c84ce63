"""The way back of the browser: a web server on this machine that takes one answer."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from html import escape
from typing import Final

from aiohttp import web
from attrs import field, frozen

from .._http.failures import one_line
from .errors import LoginDeniedError, LoginError, LoginPortError, LoginStateError
from .pkce import Proof

_PATH: Final = "/callback"
_GOODBYE: Final = 1.0
"""Seconds that the browser has to read the page after an answer."""
_HEADERS: Final = {
    # The address of this page has the code in it: it must go into no cache and no Referer.
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Connection": "close",
}
_PAGE: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<style>body {{ font: 1.1rem system-ui, sans-serif; margin: 20vh auto; max-width: 30rem;
text-align: center }}</style></head>
<body><h1>{title}</h1><p>{text}</p></body>
</html>
"""


@frozen
class Code:
    """What the browser brought. Its repr does not show it."""

    text: str = field(repr=False)


class Callback:
    """Waits for the browser. Made by `open_callback`.

    Args:
        proof: What the answer is compared with.
        port: The port that it listens on.
    """

    def __init__(self, proof: Proof, port: int) -> None:
        self.redirect_uri: str = f"http://127.0.0.1:{port}{_PATH}"
        """Where the browser is sent."""
        self._proof = proof
        self._answer: asyncio.Future[Code | LoginError] = asyncio.Future()

    async def code(self) -> Code:
        """Wait for the answer.

        Raises:
            LoginDeniedError: The user, or the app, refused.
            LoginStateError: It is the answer to another login.
            LoginError: It is no answer.
        """
        answer = await asyncio.shield(self._answer)
        if isinstance(answer, LoginError):
            raise answer
        return answer

    async def take(self, request: web.Request) -> web.Response:
        """Take the answer of the browser, the first one only, and say what became of it."""
        answer = self._read(request)
        if not self._answer.done():
            self._answer.set_result(answer)
        if isinstance(answer, LoginError):
            return _page("The login did not work", str(answer), 400)
        text = "The login was passed on. You can close this page and go back to the program."
        return _page("You can close this", text, 200)

    def _read(self, request: web.Request) -> Code | LoginError:
        query = request.query
        if not self._proof.matches(query.get("state", "")):
            return LoginStateError(
                "The browser came back with the answer to another login, so it was not used. "
                "Begin again, and answer the newest page only."
            )
        if "error" in query:
            return _denied(query["error"], query.get("error_description", ""))
        if not query.get("code"):
            return LoginError("The browser came back without an answer. Begin the login again.")
        return Code(query["code"])


@asynccontextmanager
async def open_callback(proof: Proof, port: int) -> AsyncGenerator[Callback]:
    """Listen for the browser on 127.0.0.1, until the context ends.

    Args:
        proof: What the answer is compared with.
        port: The port; 0 picks a free one.

    Raises:
        LoginPortError: The port is taken, or can't be opened.
    """
    with _listener(port) as listener:
        callback = Callback(proof, listener.getsockname()[1])
        app = web.Application()
        app.router.add_get(_PATH, callback.take)
        # No access log: it would show the code.
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GOODBYE)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            yield callback
        finally:
            await runner.cleanup()


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        listener.setblocking(False)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else "it must be 0 to 65535"
        raise LoginPortError(
            f"Port {port} on 127.0.0.1 can't be opened: {reason}. Leave the port out to use a free "
            "one, or name another."
        ) from None
    return listener


def _denied(code: str, description: str) -> LoginDeniedError:
    code = one_line(code)
    if code == "access_denied":
        return LoginDeniedError("The login was refused on the consent page.", code)
    said = f": {one_line(description)}." if description else "."
    return LoginDeniedError(f"The app refused the login ({code}){said}", code)


def _page(title: str, text: str, status: int) -> web.Response:
    html = _PAGE.format(title=escape(title), text=escape(text))
    return web.Response(text=html, status=status, headers=_HEADERS, content_type="text/html")
