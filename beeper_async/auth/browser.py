"""Opening a page in the user's browser."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL
from typing import Final

_OPEN: Final = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"


def may_have_browser() -> bool:
    """Return whether there is a screen for a browser, or BROWSER names one.

    Without a screen, `webbrowser` would start a browser of the terminal, which takes the terminal
    away from the program.
    """
    if getattr(sys, "frozen", False) or not sys.executable:
        return False  # there is no interpreter to run `webbrowser` in
    if os.name == "nt" or sys.platform == "darwin" or os.environ.get("BROWSER"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


async def open_browser(url: str) -> bool:
    """Open a page in the browser; return whether one was found.

    It runs in a process of its own, because some browsers block until they are closed, and a
    thread can't be ended. Cancelling ends that process.
    """
    if not may_have_browser():
        return False
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-c", _OPEN, url, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
        )
    except OSError:
        return False
    try:
        return await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
