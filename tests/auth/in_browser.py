"""Logins in a real browser: `nox -s browser` runs it where there is a Chromium.

Not a part of the other tests, which need no browser.

What the pages show is judged by what the browser renders, and the way back is the browser's own:
a form that is sent, a redirect to another port, and a page that may not be kept.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from beeper_async.auth import (
    LoginDeniedError,
    LoginPortError,
    LoginStateError,
    LoginTimeoutError,
    TokenStore,
    login,
)
from beeper_async.testing import Simulator

from ..cli.command_line import command, environment
from .browsing import query_of, redirect_uri

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = "--headless --no-sandbox --disable-gpu --disable-crash-reporter --disable-breakpad"

pytestmark = pytest.mark.asyncio

Page = Any
"""playwright is there in that session alone, so its types are not."""
Act = Callable[[Page], Awaitable[object]]


def chromium() -> str:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "nox -s browser finds out first whether there is one"
    return found


@pytest_asyncio.fixture
async def tab() -> AsyncIterator[Page]:
    """Open a tab of a headless Chromium."""
    playwright = importlib.import_module("playwright.async_api")
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield await browser.new_page()
        finally:
            await browser.close()


def opener(tab: Page, act: Act, done: asyncio.Event) -> Callable[[str], None]:
    """Return what opens the consent page and acts on it, in a task of the browser's own."""
    tasks: set[asyncio.Task[None]] = set()

    async def run(page: str) -> None:
        await tab.goto(page)
        await act(tab)
        done.set()

    def open_page(page: str) -> None:
        task = asyncio.create_task(run(page))
        tasks.add(task)
        task.add_done_callback(lambda ended: ended.cancelled() or ended.result())

    return open_page


async def shown(tab: Page) -> str:
    text: str = await tab.inner_text("h1")
    return text


async def test_consent(tab: Page, sim: Simulator, store: TokenStore) -> None:
    done = asyncio.Event()
    open_page = opener(tab, lambda page: page.click("#approve"), done)
    stored = await login(base_url=sim.url, open_page=open_page)
    await done.wait()
    assert stored.scopes == ("read", "write")
    assert sim.tokens.valid == [stored.token.reveal()]
    assert store.path().stat().st_mode & 0o777 == 0o600
    assert await shown(tab) == "You can close this"
    assert "127.0.0.1" in tab.url


async def test_less_is_allowed(tab: Page, sim: Simulator) -> None:
    async def act(page: Page) -> None:
        await page.uncheck("#write")
        await page.click("#approve")

    stored = await login(base_url=sim.url, open_page=opener(tab, act, asyncio.Event()))
    assert stored.scopes == ("read",)


async def test_denied(tab: Page, sim: Simulator, store: TokenStore) -> None:
    done = asyncio.Event()
    with pytest.raises(LoginDeniedError, match="refused on the consent page"):
        await login(base_url=sim.url, open_page=opener(tab, lambda page: page.click("#deny"), done))
    await done.wait()
    assert await shown(tab) == "The login did not work"
    assert store.profiles() == []


async def test_wrong_state(tab: Page, sim: Simulator) -> None:
    done = asyncio.Event()

    async def act(page: Page) -> None:
        await page.goto(f"{redirect_uri(page.url)}?code=stolen&state=forged")

    with pytest.raises(LoginStateError):
        await login(base_url=sim.url, open_page=opener(tab, act, done))
    await done.wait()
    assert "another login" in await tab.inner_text("p")
    assert not [request for request in sim.requests if request.path == "/oauth/token"]


async def test_hostile_words_are_only_words(tab: Page, sim: Simulator) -> None:
    done = asyncio.Event()

    async def act(page: Page) -> None:
        state = query_of(page.url)["state"]
        script = "<script>document.title='owned'</script>"
        await page.goto(
            f"{redirect_uri(page.url)}?error=bad&state={state}&error_description={script}"
        )

    with pytest.raises(LoginDeniedError):
        await login(base_url=sim.url, open_page=opener(tab, act, done))
    await done.wait()
    assert await tab.title() == "The login did not work"
    assert "<script>" in await tab.inner_text("p")


async def test_nobody_answers(tab: Page, sim: Simulator) -> None:
    seen = asyncio.Event()

    async def act(page: Page) -> None:
        assert "Allow" in await page.inner_text("h1")

    with pytest.raises(LoginTimeoutError):
        await login(base_url=sim.url, open_page=opener(tab, act, seen), timeout=5)
    assert seen.is_set()


async def test_the_port_is_taken(tab: Page, sim: Simulator) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LoginPortError):
            await login(base_url=sim.url, open_page=tab.goto, port=port)
    assert tab.url == "about:blank"


async def test_the_command(tab: Page, sim: Simulator, tmp_path: Path) -> None:
    env = environment(BEEPER_BASE_URL=sim.url, XDG_CONFIG_HOME=str(tmp_path))
    del env["BEEPER_PROFILE"]
    process = await asyncio.create_subprocess_exec(
        *command("login", "--no-browser"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
    )
    assert process.stderr is not None
    await process.stderr.readline()
    page = (await process.stderr.readline()).decode().strip()
    await tab.goto(page)
    await tab.click("#approve")
    output, _ = await process.communicate()
    assert process.returncode == 0
    assert re.match(r"Logged in to .*\. The token may: read and write\.\n", output.decode())
    assert await shown(tab) == "You can close this"


async def test_the_browser_of_the_system(sim: Simulator, tmp_path: Path) -> None:
    """`BROWSER` names Chromium itself: it opens the page, which nobody answers."""
    profile = tmp_path / "chromium"
    env = environment(
        BEEPER_BASE_URL=sim.url,
        XDG_CONFIG_HOME=str(tmp_path),
        BROWSER=f"{chromium()} {FLAGS} --user-data-dir={profile} %s",
    )
    env["BEEPER_PROFILE"] = "default"
    process = await asyncio.create_subprocess_exec(
        *command("login", "--timeout", "10"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        start_new_session=True,
    )
    try:
        _, errors = await process.communicate()
    finally:
        # The browser outlives the command, as it should; here it is to end with the test.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    assert (process.returncode, b"within 10 s" in errors) == (3, True)
    (opened,) = [request for request in sim.requests if request.path == "/oauth/authorize"]
    assert "Chrome" in opened.headers["User-Agent"]
