"""Pasted tokens, `whoami` and `logout`, in both packages."""

from __future__ import annotations

import pytest

from beeper_async import APIConnectionError, ConfigurationError, MissingTokenError
from beeper_async.auth import InvalidTokenError, TokenStore
from beeper_async.testing import Simulator

from .browsing import consent
from .conftest import Door

pytestmark = pytest.mark.asyncio


async def test_a_pasted_token_is_stored_once_the_app_accepts_it(
    door: Door, sim: Simulator, store: TokenStore
) -> None:
    token = sim.tokens.issue(["read"], expires_in=3600)
    stored = await door.login_with_token(f" {token}\n", base_url=sim.url, profile="work")
    assert (stored.source, stored.scopes, stored.base_url) == ("pasted", ("read",), sim.url)
    assert stored.expires_at is not None
    loaded = store.load("work")
    assert loaded is not None
    assert loaded.token.reveal() == token


async def test_a_pasted_token_of_an_app_that_says_nothing_of_it(door: Door, sim: Simulator) -> None:
    sim.app_version = "4.2.500"
    stored = await door.login_with_token(sim.token, base_url=sim.url)
    assert (stored.scopes, stored.expires_at) == ((), None)
    with pytest.raises(InvalidTokenError):
        await door.login_with_token("other", base_url=sim.url)


@pytest.mark.parametrize("case", ["unknown", "expired"])
async def test_a_pasted_token_that_the_app_refuses(
    door: Door, sim: Simulator, store: TokenStore, case: str
) -> None:
    token = sim.tokens.issue()
    if case == "unknown":
        sim.tokens.revoke(token)
    else:
        sim.tokens.expire(token)
    with pytest.raises(InvalidTokenError, match="does not accept") as caught:
        await door.login_with_token(token, base_url=sim.url)
    assert token not in str(caught.value)
    assert store.profiles() == []


async def test_what_is_no_token(door: Door, sim: Simulator) -> None:
    for text in ("", "two\nlines", "\u00e9"):
        with pytest.raises(ConfigurationError):
            await door.login_with_token(text, base_url=sim.url)
    assert sim.requests == []


async def test_logout_revokes_and_forgets(door: Door, sim: Simulator, store: TokenStore) -> None:
    await door.login(base_url=sim.url, open_page=consent)
    gone = await door.logout()
    assert gone is not None
    assert (gone.profile, gone.base_url, gone.revoked) == ("default", sim.url, True)
    assert (sim.tokens.valid, store.profiles()) == ([], [])
    assert await door.logout() is None


async def test_logout_forgets_even_if_the_app_is_away(
    door: Door, sim: Simulator, store: TokenStore
) -> None:
    with Simulator() as other:
        await door.login_with_token(other.token, base_url=other.url)
    gone = await door.logout()
    assert gone is not None
    assert (gone.revoked, store.profiles()) == (False, [])


async def test_logout_forgets_what_can_not_be_read(door: Door, store: TokenStore) -> None:
    store.folder.mkdir(parents=True)
    store.path().write_text("{")
    gone = await door.logout()
    assert gone is not None
    assert (gone.base_url, gone.revoked, store.profiles()) == (None, False, [])


async def test_whoami(door: Door, sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingTokenError, match="beeper-async login"):
        await door.whoami()
    await door.login(base_url=sim.url, open_page=consent, scopes=["read"], client_name="Lumen")
    me = await door.whoami()
    assert (me.access.source, me.access.profile, me.access.base_url) == (
        "profile",
        "default",
        sim.url,
    )
    assert (me.status.active, me.status.scopes) == (True, ("read",))
    assert me.status.client_name == "Lumen"
    with pytest.raises(MissingTokenError, match=f"is for {sim.url}"):
        await door.whoami(base_url="http://127.0.0.1:1")
    monkeypatch.setenv("BEEPER_ACCESS_TOKEN", sim.token)
    monkeypatch.setenv("BEEPER_BASE_URL", sim.url)
    me = await door.whoami()
    assert (me.access.source, me.status.scopes) == ("environment", ("read", "write"))
    assert sim.token not in repr(me)


async def test_whoami_of_a_token_that_is_over(door: Door, sim: Simulator) -> None:
    stored = await door.login(base_url=sim.url, open_page=consent)
    sim.tokens.expire(stored.token.reveal())
    assert not (await door.whoami()).status.active


async def test_whoami_without_the_app(door: Door) -> None:
    with Simulator() as sim:
        await door.login_with_token(sim.token, base_url=sim.url)
    with pytest.raises(APIConnectionError):
        await door.whoami()
