"""The doctor against set-ups that are broken: it names the cause in each, and holds no secret."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from beeper_async import AsyncBeeperDesktop
from beeper_async.auth import Report, TokenStore, Verdict
from beeper_async.auth.doctor import event_check, site
from beeper_async.testing import Simulator

from .conftest import Door
from .test_discovery import app_on_a_usual_port
from .test_store import stored_token

pytestmark = pytest.mark.asyncio


@pytest.fixture
def healthy(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """Point the environment to an app in which all is well."""
    sim.world.accounts["discordgo"]["status"] = "connected"
    use(sim, monkeypatch)
    return sim


def use(sim: Simulator, monkeypatch: pytest.MonkeyPatch, token: str | None = None) -> None:
    monkeypatch.setenv("BEEPER_BASE_URL", sim.url)
    monkeypatch.setenv("BEEPER_ACCESS_TOKEN", token or sim.token)


def complaints(report: Report) -> dict[str, list[str]]:
    """Return what is not fine, by area: verdict, what was found and the advice."""
    token = os.environ.get("BEEPER_ACCESS_TOKEN")
    assert token is None or token not in str(report.to_dict()) + repr(report)
    found: dict[str, list[str]] = {}
    for check in report.checks:
        if check.verdict is not Verdict.FINE:
            assert check.advice, check.found
            line = f"{check.verdict.value}: {check.found} {check.advice}"
            found.setdefault(check.area, []).append(line)
    return found


def the_only(report: Report, area: str) -> str:
    """Return the only complaint: whatever else is doubtful or broken fails the test."""
    found = complaints(report)
    assert list(found) == [area], found
    (line,) = found[area]
    return line


async def test_all_is_well(door: Door, healthy: Simulator) -> None:
    report = await door.examine()
    assert complaints(report) == {}
    assert report.verdict is Verdict.FINE
    text = " ".join(check.found for check in report.checks)
    for words in (
        "Python 3.",
        "aiohttp",
        f"Beeper 4.3.73 answers at {healthy.url}",
        "from BEEPER_ACCESS_TOKEN",
        "Its scopes: read write",
        "does not expire",
        "signed in and ready",
        "WhatsApp (local-whatsapp_ba_Vd83kQ): connected",
        "The live socket is ready",
        "The clocks of app and program differ by",
        "Remote access is off",
    ):
        assert words in text
    assert healthy.token not in str(report.to_dict()) + repr(report)


async def test_nothing_is_changed(healthy: Simulator) -> None:
    await Door(False).examine()
    posts = {request.path for request in healthy.requests if request.method != "GET"}
    assert posts == {"/oauth/introspect"}


async def test_progress(healthy: Simulator) -> None:
    seen: list[Any] = []
    report = await Door(False).examine(on_step=seen.append, on_check=seen.append)
    assert [one for one in seen if not isinstance(one, str)] == list(report.checks)
    assert "the live socket" in seen
    assert isinstance(seen[0], str)


async def test_no_app_runs(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator() as gone:
        use(gone, monkeypatch)
    report = await door.examine()
    assert "can't be reached" in the_only(report, "app")
    assert report.verdict is Verdict.BROKEN


async def test_the_app_is_on_another_port(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator() as gone:
        use(gone, monkeypatch)
    with app_on_a_usual_port() as sim:
        line = the_only(await door.examine(), "app")
        assert line.startswith("broken")
        assert f"Beeper 4.3.73 at {sim.url}" in line


async def test_another_program_is_on_the_port(
    door: Door, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(sim, monkeypatch)
    sim.respond_next(200, text="<html>router</html>", path="*", times=100, before=True)
    assert "is not Beeper Desktop" in the_only(await door.examine(), "app")


async def test_the_app_never_answers(
    door: Door, monkeypatch: pytest.MonkeyPatch, sim: Simulator
) -> None:
    monkeypatch.setattr(site, "PATIENCE", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("BEEPER_BASE_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("BEEPER_ACCESS_TOKEN", "very-secret")
        assert "does not answer in time" in the_only(await door.examine(), "app")


async def test_there_is_no_token(
    door: Door, healthy: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BEEPER_ACCESS_TOKEN")
    line = the_only(await door.examine(), "token")
    assert line == "broken: There is no access token. Run `beeper-async login`."


async def test_the_token_is_for_another_app(
    door: Door, healthy: Simulator, monkeypatch: pytest.MonkeyPatch, store: TokenStore
) -> None:
    monkeypatch.delenv("BEEPER_ACCESS_TOKEN")
    store.save(stored_token())
    line = the_only(await door.examine(), "token")
    assert "The profile default has a token for http://127.0.0.1:23373 only" in line


async def test_the_token_is_unknown(
    door: Door, healthy: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(healthy, monkeypatch, "wrong-one")
    line = the_only(await door.examine(), "token")
    assert line.startswith("broken: The app does not accept the token")


async def test_the_token_has_expired(
    door: Door, healthy: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = healthy.tokens.issue()
    healthy.tokens.expire(token)
    use(healthy, monkeypatch, token)
    assert the_only(await door.examine(), "token").startswith("broken: The token has expired.")


async def test_the_token_may_only_read(
    door: Door, healthy: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(healthy, monkeypatch, healthy.tokens.issue(["read"]))
    report = await door.examine()
    assert the_only(report, "token").startswith("doubtful: The token may only read")
    assert report.verdict is Verdict.DOUBTFUL


async def test_the_token_may_not_read(
    door: Door, healthy: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(healthy, monkeypatch, healthy.tokens.issue(["write"]))
    assert "lacks the scope read" in the_only(await door.examine(), "token")


async def test_the_token_expires_soon(
    door: Door, healthy: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(healthy, monkeypatch, healthy.tokens.issue(expires_in=3600))
    assert "doubtful: The token expires soon" in the_only(await door.examine(), "token")


async def test_the_store_can_not_be_read(
    door: Door,
    healthy: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    store: TokenStore,
    tmp_path: Path,
) -> None:
    monkeypatch.delenv("BEEPER_ACCESS_TOKEN")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    store.folder.mkdir(parents=True)
    store.path().write_text("{")
    line = the_only(await door.examine(), "token")
    assert "~/beeper-async/profiles/default.json holds no token" in line


async def test_others_can_read_the_store(
    door: Door, healthy: Simulator, monkeypatch: pytest.MonkeyPatch, store: TokenStore
) -> None:
    monkeypatch.delenv("BEEPER_ACCESS_TOKEN")
    store.save(stored_token(healthy.token, base_url=healthy.url))
    store.path().chmod(0o644)
    assert "doubtful: Other users" in the_only(await door.examine(), "token")


async def test_an_account_is_disconnected(door: Door, healthy: Simulator) -> None:
    healthy.world.accounts["discordgo"]["status"] = "reconnect_required"
    line = the_only(await door.examine(), "accounts")
    assert line.startswith("doubtful: Discord (discordgo): reconnect required.")


async def test_an_account_that_is_only_seen_in_chats(door: Door, healthy: Simulator) -> None:
    healthy.world.unlisted_accounts.add("local-imessage")
    report = await door.examine()
    assert complaints(report) == {}
    found = [check.found for check in report.of("accounts")]
    assert "iMessage (local-imessage): seen in chats only; the app does not list it." in found


async def test_no_account(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator(chats=0) as empty:
        empty.world.accounts.clear()
        use(empty, monkeypatch)
        assert "No account is connected" in the_only(await door.examine(), "accounts")


async def test_a_proxy_lets_no_socket_through(door: Door, healthy: Simulator) -> None:
    healthy.respond_next(502, path="/v1/ws")
    line = the_only(await door.examine(), "events")
    assert line.startswith("broken: The live socket does not open")


async def test_the_socket_says_nothing(
    door: Door, healthy: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_check, "PATIENCE", 0.05)
    healthy.sockets.mute_next()
    assert "does not say that it is ready" in the_only(await door.examine(), "events")


async def test_the_app_is_old(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator(app_version="4.2.500") as old:
        use(old, monkeypatch)
        found = complaints(await door.examine())
    assert set(found) == {"app", "events"}
    assert "too old for live events, reactions and login" in found["app"][0]
    assert "no live socket" in found["events"][0]


async def test_the_app_is_not_signed_in(door: Door, healthy: Simulator) -> None:
    healthy.world.setup.reset()
    assert "The app is not ready: needs-login" in the_only(await door.examine(), "setup")


async def test_the_app_still_starts(door: Door, healthy: Simulator) -> None:
    healthy.refuse_while_starting(100, path="/v1/app/setup")
    assert "as it does while it starts" in the_only(await door.examine(), "setup")


async def test_the_clocks_differ(door: Door, healthy: Simulator) -> None:
    late = (datetime.now(UTC) - timedelta(hours=2)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    healthy.respond_next(None, headers={"Date": late}, path="*", times=100)
    line = the_only(await door.examine(), "clock")
    assert "behind that of this program" in line
    assert "7,200 s" in line or "7,201 s" in line


async def test_remote_access_is_on(door: Door, healthy: Simulator) -> None:
    async with AsyncBeeperDesktop() as client:
        info = (await client.info.retrieve()).to_dict()
    info["server"]["remote_access"] = True
    healthy.respond_next(200, json=info, path="/v1/info", times=100)
    assert "doubtful: Remote access is on" in the_only(await door.examine(), "remote_access")


async def test_what_comes_from_outside_is_cleaned(door: Door, healthy: Simulator) -> None:
    hostile = "\x1b]0;owned\x07\u202e"
    healthy.world.accounts["discordgo"] |= {"status": hostile, "network": hostile}
    report = await door.examine()
    assert all(check.found.isprintable() for check in report.checks)
