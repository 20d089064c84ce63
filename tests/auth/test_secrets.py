"""Token, code, verifier and state show nowhere: no log, repr, exception, frame or process list."""

from __future__ import annotations

import asyncio
import logging
import re
import traceback
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from beeper_async import AsyncBeeperDesktop, AuthenticationError, BeeperDesktopError
from beeper_async.auth import TokenStore, TokenStoreError
from beeper_async.testing import Simulator

from . import browsing
from .browsing import come_back, consent, query_of
from .conftest import Door

pytestmark = pytest.mark.asyncio


class Seen:
    """The secrets of logins, as the app and the browser see them."""

    def __init__(self, sim: Simulator) -> None:
        self._sim = sim
        self.states: list[str] = []

    async def consent(self, page: str) -> None:
        self.states.append(query_of(page)["state"])
        await consent(page)

    def all(self) -> set[str]:
        bodies = [request for request in self._sim.requests if request.path == "/oauth/token"]
        fields = [dict(parse_qsl(request.body.decode())) for request in bodies]
        sent = {field[name] for field in fields for name in ("code", "code_verifier")}
        return {*sent, *self._sim.tokens.valid, *self.states}


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    for name in ("beeper_async", "aiohttp", "asyncio"):
        caplog.set_level(logging.DEBUG, name)
    return caplog


def shown(error: BaseException) -> str:
    """Return everything that a tool that reports errors shows, the variables of frames included.

    Frames of callers are left out: what they hand in is theirs.
    """
    parts = [repr(error), str(vars(error))]
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    pending = [report]
    while pending:
        current = pending.pop()
        pending += [one for one in (current.__cause__, current.__context__) if one is not None]
        parts += [str(current)]
        ours = [frame for frame in current.stack if re.search("beeper_(a?sync)/", frame.filename)]
        parts += [str(frame.locals) for frame in ours]
    return "\n".join(parts)


async def test_a_login_that_works(
    door: Door, sim: Simulator, logged: pytest.LogCaptureFixture, store: TokenStore
) -> None:
    seen = Seen(sim)
    stored = await door.login(base_url=sim.url, open_page=seen.consent)
    async with AsyncBeeperDesktop() as client:
        await client.accounts.list()
        text = logged.text + repr(stored) + repr(client) + repr(store.load()) + str(stored)
    secrets = seen.all()
    assert len(secrets) == 4
    assert not [secret for secret in secrets if secret in text]


@pytest.mark.parametrize("status", [200, 400, 404, 429, 500, 503])
async def test_an_exchange_that_fails(
    door: Door, sim: Simulator, logged: pytest.LogCaptureFixture, status: int
) -> None:
    """Whatever the app answers: it may repeat what it was sent, and the token with it."""
    seen = Seen(sim)
    answer: object = {
        "accessToken": "leaked-token",
        "expires_in": [],
        "access_token": {"x": "leaked-token"},
    }
    sim.respond_next(status, json=answer, path="/oauth/token", times=5)
    with pytest.raises(BeeperDesktopError) as caught:
        await door.login(base_url=sim.url, open_page=seen.consent)
    secrets = {*seen.all(), "leaked-token"}
    assert len(secrets) >= 4
    text = logged.text + shown(caught.value)
    assert not [secret for secret in secrets if secret in text]


async def test_an_answer_that_is_not_used(
    door: Door, sim: Simulator, logged: pytest.LogCaptureFixture
) -> None:
    async def forged(page: str) -> None:
        await come_back(page, code="forged-code", state="forged-state")

    with pytest.raises(BeeperDesktopError) as caught:
        await door.login(base_url=sim.url, open_page=forged)
    assert "forged-" not in logged.text + shown(caught.value)


@pytest.mark.parametrize("text", ["refused-token", "refused-token\u00e9", "refused-token\nx"])
async def test_a_pasted_token_that_is_refused(
    door: Door, sim: Simulator, logged: pytest.LogCaptureFixture, text: str
) -> None:
    with pytest.raises(BeeperDesktopError) as caught:
        await door.login_with_token(text, base_url=sim.url)
    assert "refused-token" not in logged.text + shown(caught.value)


async def test_a_stored_token_that_is_refused(
    door: Door, sim: Simulator, logged: pytest.LogCaptureFixture
) -> None:
    stored = await door.login(base_url=sim.url, open_page=consent)
    sim.tokens.expire(stored.token.reveal())
    async with AsyncBeeperDesktop() as client:
        with pytest.raises(AuthenticationError, match="beeper-async login") as caught:
            await client.accounts.list()
    assert stored.token.reveal() not in logged.text + shown(caught.value)


async def test_a_file_that_is_damaged(store: TokenStore) -> None:
    store.folder.mkdir(parents=True)
    for text in ('{"access_token": "stored-token", "base_url": 5}', '"stored-token'):
        store.path().write_text(text)
        with pytest.raises(TokenStoreError) as caught:
            store.load()
        assert "stored-token" not in shown(caught.value)


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc")
async def test_the_list_of_processes(
    sim: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A browser gets the page on its command line, which others can read: no secret is in it."""
    heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    arguments = tmp_path / "arguments"
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\ncat /proc/*/cmdline | tr "\\0" " " > {arguments}\n')
    script.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{script} %s")

    async def open_and_consent(page: str) -> None:
        from beeper_async.auth.browser import open_browser

        assert await open_browser(page)
        heard.set_result(page)
        await consent(page)

    stored = await Door(False).login(base_url=sim.url, open_page=open_and_consent)
    listed = arguments.read_text(errors="replace")
    assert browsing.query_of(await heard)["code_challenge"] in listed  # it did look
    (exchange,) = [request for request in sim.requests if request.path == "/oauth/token"]
    fields = dict(parse_qsl(exchange.body.decode()))
    for secret in (stored.token.reveal(), fields["code_verifier"], fields["code"]):
        assert secret not in listed
