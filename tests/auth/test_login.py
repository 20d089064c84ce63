"""Logins as a browser sees them, in both packages: how each of them ends."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from beeper_async import (
    APIConnectionError,
    AsyncBeeperDesktop,
    ConfigurationError,
    InvalidInputError,
)
from beeper_async.auth import (
    BrowserNotFoundError,
    InsecureURLError,
    LoginDeniedError,
    LoginError,
    LoginPortError,
    LoginStateError,
    LoginTimeoutError,
    TokenStore,
)
from beeper_async.testing import Simulator

from . import browsing
from .browsing import come_back, consent, query_of
from .conftest import Door

pytestmark = pytest.mark.asyncio


class Browser:
    """Opens a page in a task of its own, as a browser is a program of its own."""

    def __init__(self, act: Callable[[str], Coroutine[Any, Any, browsing.Page]]) -> None:
        self._act = act
        self._task: asyncio.Task[browsing.Page] | None = None

    def open(self, page: str) -> None:
        self._task = asyncio.create_task(self._act(page))

    async def page(self) -> browsing.Page:
        """Return what it shows at the end."""
        assert self._task is not None
        return await self._task


def calls(sim: Simulator, path: str) -> int:
    return sum(request.path == path for request in sim.requests)


async def test_consent_stores_a_token_that_clients_use(
    door: Door, sim: Simulator, store: TokenStore
) -> None:
    stored = await door.login(base_url=sim.url, open_page=consent)
    assert (stored.base_url, stored.scopes, stored.source) == (sim.url, ("read", "write"), "login")
    assert stored.client_id == "sim-client-1"
    assert stored.expires_at is not None
    left = stored.expires_at - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(hours=24)
    assert sim.tokens.valid == [stored.token.reveal()]
    assert store.load() is not None
    async with AsyncBeeperDesktop() as client:
        assert client.base_url == sim.url
        assert await client.accounts.list()


async def test_what_is_requested(sim: Simulator) -> None:
    pages: list[str] = []

    async def look(page: str) -> None:
        pages.append(page)
        await consent(page)

    await Door(False).login(base_url=sim.url, open_page=look, scopes=["read"], client_name="Lumen")
    asked = query_of(pages[0])
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert (asked["scope"], len(asked["code_challenge"]), len(asked["state"])) == ("read", 43, 32)
    assert asked["redirect_uri"].startswith("http://127.0.0.1:")
    bodies = {request.path: request for request in sim.requests}
    assert bodies["/oauth/register"].json["client_name"] == "Lumen"
    assert bodies["/oauth/register"].json["redirect_uris"] == [asked["redirect_uri"]]
    exchange = bodies["/oauth/token"]
    assert exchange.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert b"client_id=sim-client-1" in exchange.body
    assert not any("Authorization" in request.headers for request in sim.requests)


async def test_each_login_has_its_own_secrets(sim: Simulator) -> None:
    pages: list[str] = []

    async def look(page: str) -> None:
        pages.append(page)
        await consent(page)

    for _ in range(2):
        await Door(False).authorize(sim.url, open_page=look)
    first, second = map(query_of, pages)
    assert first["state"] != second["state"]
    assert first["code_challenge"] != second["code_challenge"]


async def test_the_browser_is_told_that_it_can_be_closed(sim: Simulator) -> None:
    browser = Browser(consent)
    await Door(False).login(base_url=sim.url, open_page=browser.open)
    page = await browser.page()
    assert (page.status, "You can close this" in page.text) == (200, True)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"


async def test_the_user_may_allow_less(door: Door, sim: Simulator) -> None:
    stored = await door.login(base_url=sim.url, open_page=partial(consent, write=False))
    assert stored.scopes == ("read",)


async def test_denied(door: Door, sim: Simulator, store: TokenStore) -> None:
    with pytest.raises(LoginDeniedError, match="refused on the consent page") as caught:
        await door.login(base_url=sim.url, open_page=partial(consent, decision="deny"))
    assert caught.value.code == "access_denied"
    assert (calls(sim, "/oauth/token"), store.profiles()) == (0, [])


@pytest.mark.parametrize("state", [{}, {"state": ""}, {"state": "other"}, {"state": "é"}])
async def test_an_answer_to_another_login(
    door: Door, sim: Simulator, state: dict[str, str]
) -> None:
    forge = partial(come_back, code="stolen", **state)
    with pytest.raises(LoginStateError, match="another login"):
        await door.login(base_url=sim.url, open_page=forge)
    assert calls(sim, "/oauth/token") == 0


async def test_the_browser_is_told_what_did_not_work(sim: Simulator) -> None:
    browser = Browser(partial(come_back, code="stolen", state="other"))
    with pytest.raises(LoginStateError):
        await Door(False).login(base_url=sim.url, open_page=browser.open)
    page = await browser.page()
    assert (page.status, "another login" in page.text) == (400, True)


async def test_only_the_first_answer_counts(sim: Simulator) -> None:
    async def twice(page: str) -> None:
        await come_back(page, code="one", state="forged")
        await come_back(page, code="two", state=query_of(page)["state"])

    with pytest.raises(LoginStateError):
        await Door(False).login(base_url=sim.url, open_page=twice)
    assert calls(sim, "/oauth/token") == 0


async def test_other_requests_of_the_browser_end_nothing(sim: Simulator) -> None:
    import aiohttp

    async def look_around(page: str) -> None:
        icon = browsing.redirect_uri(page).replace("/callback", "/favicon.ico")
        async with aiohttp.ClientSession() as session, session.get(icon) as response:
            assert response.status == 404
        await consent(page)

    assert await Door(False).login(base_url=sim.url, open_page=look_around)


async def test_an_answer_without_a_code(door: Door, sim: Simulator) -> None:
    async def empty(page: str) -> None:
        await come_back(page, state=query_of(page)["state"])

    with pytest.raises(LoginError, match="without an answer"):
        await door.login(base_url=sim.url, open_page=empty)


async def test_what_comes_from_outside_is_cleaned(sim: Simulator) -> None:
    said = "gone \x1b[31m\u202ewrong\r\n" + "x" * 1000

    async def fail(page: str) -> browsing.Page:
        answer = {"error": "server_\x07error", "error_description": "<b>" + said}
        return await come_back(page, state=query_of(page)["state"], **answer)

    browser = Browser(fail)
    with pytest.raises(LoginDeniedError) as caught:
        await Door(False).login(base_url=sim.url, open_page=browser.open)
    shown = await browser.page()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500
    assert caught.value.code == "server_ error"
    assert ("<b>" in shown.text, "&lt;b&gt;" in shown.text) == (False, True)
    assert not set("\x1b\x07\u202e") & set(shown.text)


async def test_nobody_answers(door: Door, sim: Simulator) -> None:
    with pytest.raises(LoginTimeoutError, match=r"within 0\.05 s.*--token"):
        await door.login(base_url=sim.url, open_page=print, timeout=0.05)


async def test_the_port_is_taken(door: Door, sim: Simulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LoginPortError, match=str(port)):
            await door.login(base_url=sim.url, open_page=consent, port=port)
    with pytest.raises(LoginPortError, match="70000"):
        await door.login(base_url=sim.url, open_page=consent, port=70000)
    assert calls(sim, "/oauth/register") == 0


async def test_there_is_no_browser(
    door: Door, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(BrowserNotFoundError, match="--no-browser") as caught:
        await door.login(base_url=sim.url)
    assert caught.value.url.startswith(f"{sim.url}/oauth/authorize?")


@pytest.mark.parametrize("found", [True, False])
async def test_the_browser_of_the_system(
    sim: Simulator, monkeypatch: pytest.MonkeyPatch, found: bool
) -> None:
    monkeypatch.setenv("BROWSER", consenting_browser() if found else "/nowhere/browser %s")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    if found:
        assert await Door(False).login(base_url=sim.url)
        return
    with pytest.raises(BrowserNotFoundError):
        await Door(False).login(base_url=sim.url)


def consenting_browser() -> str:
    import sys
    from pathlib import Path

    return f"{sys.executable} {Path(__file__).with_name('consenting_browser.py')} %s"


async def test_an_error_of_the_opener_ends_the_login(sim: Simulator) -> None:
    def fail(_: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Door(False).login(base_url=sim.url, open_page=fail)


async def test_cancelling_closes_the_port(sim: Simulator) -> None:
    opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    login = asyncio.create_task(Door(False).login(base_url=sim.url, open_page=opened.set_result))
    port = int(browsing.redirect_uri(await opened).rpartition(":")[2].partition("/")[0])
    login.cancel()
    with pytest.raises(asyncio.CancelledError):
        await login
    with socket.create_server(("127.0.0.1", port)):
        pass


async def test_the_app_refuses_the_code(door: Door, sim: Simulator) -> None:
    refusal = {"error": "invalid_grant", "error_description": "no\x1b[2J good"}
    sim.respond_next(400, json=refusal, path="/oauth/token")
    with pytest.raises(LoginDeniedError, match=r"invalid_grant.*no \[2J good") as caught:
        await door.login(base_url=sim.url, open_page=consent)
    assert caught.value.code == "invalid_grant"


async def test_the_app_refuses_to_register(door: Door, sim: Simulator) -> None:
    sim.respond_next(400, json={"error": "invalid_client_metadata"}, path="/oauth/register")
    with pytest.raises(LoginDeniedError, match="invalid_client_metadata"):
        await door.login(base_url=sim.url, open_page=consent)


async def test_a_response_without_a_token(door: Door, sim: Simulator) -> None:
    sim.respond_next(200, json={"accessToken": "misspelt"}, path="/oauth/token")
    with pytest.raises(LoginError, match="can't be read"):
        await door.login(base_url=sim.url, open_page=consent)


async def test_what_a_response_may_leave_out(sim: Simulator) -> None:
    sim.respond_next(200, json={"access_token": "t1", "expires_in": 1e300}, path="/oauth/token")
    stored = await Door(False).login(base_url=sim.url, open_page=consent)
    assert (stored.scopes, stored.expires_at) == (("read", "write"), None)


async def test_an_app_without_login(door: Door) -> None:
    with (
        Simulator(app_version="4.2.500") as old,
        pytest.raises(LoginError, match=r"offers no login.*--token -"),
    ):
        await door.login(base_url=old.url, open_page=consent)


async def test_the_standard_document_is_enough(sim: Simulator) -> None:
    sim.respond_next(404, path="/v1/info")
    assert await Door(False).login(base_url=sim.url, open_page=consent)


async def test_the_app_is_away(door: Door) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(APIConnectionError):
        await door.login(base_url=f"http://127.0.0.1:{port}", open_page=consent)


@pytest.mark.parametrize("url", ["http://192.0.2.1:23373", "http://app.example"])
async def test_plain_http_to_another_machine(door: Door, url: str) -> None:
    with pytest.raises(InsecureURLError, match="https"):
        await door.login(base_url=url, open_page=consent)
    with pytest.raises(InsecureURLError, match="https"):
        await door.login_with_token("secret", base_url=url)


@pytest.mark.parametrize("endpoint", ["authorization", "token", "registration"])
@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        ("http://evil.example/x", InsecureURLError, "plain http"),
        ("https://evil.example/x", LoginError, "another host"),
        ("file:///etc/passwd", LoginError, "no URL"),
        ("javascript:alert(1)", LoginError, "no URL"),
    ],
)
async def test_addresses_that_are_not_the_apps(
    sim: Simulator, endpoint: str, url: str, error: type[LoginError], words: str
) -> None:
    async with AsyncBeeperDesktop(base_url=sim.url, access_token="x") as client:
        info = (await client.info.retrieve()).to_dict()
    info["endpoints"]["oauth"][f"{endpoint}_endpoint"] = url
    sim.respond_next(200, json=info, path="/v1/info")
    with pytest.raises(error, match=words):
        await Door(False).login(base_url=sim.url, open_page=consent)


@pytest.mark.parametrize("scopes", [[], ["admin"], ["read", "everything"]])
async def test_scopes_that_there_are_not(door: Door, sim: Simulator, scopes: list[str]) -> None:
    with pytest.raises(InvalidInputError, match="scopes"):
        await door.login(base_url=sim.url, open_page=consent, scopes=scopes)
    assert sim.requests == []


async def test_a_bad_profile_or_timeout_shows_before_the_consent(
    door: Door, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for profile in ("", "../x", "Work", "a" * 65, "-x"):
        with pytest.raises(ConfigurationError, match="profile"):
            await door.login(base_url=sim.url, open_page=consent, profile=profile)
    with pytest.raises(InvalidInputError, match="timeout"):
        await door.login(base_url=sim.url, open_page=consent, timeout=0)
    monkeypatch.setenv("BEEPER_PROFILE", "")
    with pytest.raises(ConfigurationError, match="BEEPER_PROFILE"):
        await door.login(base_url=sim.url, open_page=consent)
    assert sim.requests == []


async def test_a_login_again_goes_to_the_same_app(
    door: Door, sim: Simulator, store: TokenStore
) -> None:
    first = await door.login(base_url=sim.url, open_page=consent)
    second = await door.login(open_page=consent)
    assert second.base_url == first.base_url
    assert second.token.reveal() != first.token.reveal()
    assert store.profiles() == ["default"]
