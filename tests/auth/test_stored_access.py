"""Where a client without a token looks, in both packages, and where a stored token never goes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from beeper_async import AsyncBeeperDesktop, ConfigurationError, MissingTokenError
from beeper_async.auth import TokenStore, TokenStoreError, find_access
from beeper_sync import BeeperDesktop

from .test_store import stored_token

Client = AsyncBeeperDesktop | BeeperDesktop
Make = Callable[..., tuple[str, str | None]]
URL = "http://127.0.0.1:23373"


@pytest.fixture(params=[AsyncBeeperDesktop, BeeperDesktop])
def make(request: pytest.FixtureRequest) -> Make:
    """Make a client; return its base URL and its token."""

    def made(**settings: Any) -> tuple[str, str | None]:
        client: Client = request.param(**settings)
        inner = client if isinstance(client, AsyncBeeperDesktop) else client._async
        token = inner._options.token
        if isinstance(client, BeeperDesktop):
            client.close()
        return inner.base_url, None if token is None else token.reveal()

    return made


def test_the_order(make: Make, store: TokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingTokenError, match="beeper-async login"):
        make()
    store.save(stored_token("stored", base_url="http://127.0.0.1:23374"))
    assert make() == ("http://127.0.0.1:23374", "stored")
    monkeypatch.setenv("BEEPER_ACCESS_TOKEN", "environment")
    assert make() == ("http://localhost:23373", "environment")
    assert make(access_token="argument") == ("http://localhost:23373", "argument")


@pytest.mark.parametrize("how", ["argument", "BEEPER_BASE_URL", "BEEPER_DESKTOP_BASE_URL"])
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:23374",
        "http://localhost:23373",
        "https://127.0.0.1:23373",
        "http://127.0.0.1:23373/path",
        "http://127.0.0.1.evil.example:23373",
        "http://evil.example",
    ],
)
def test_another_address_never_gets_it(
    make: Make, store: TokenStore, monkeypatch: pytest.MonkeyPatch, how: str, url: str
) -> None:
    store.save(stored_token())
    settings = {"base_url": url} if how == "argument" else {}
    if how != "argument":
        monkeypatch.setenv(how, url)
    with pytest.raises(MissingTokenError, match=rf"stored token is for {URL}, not http"):
        make(**settings)


@pytest.mark.parametrize("url", [URL, f"{URL}/", "HTTP://127.0.0.1:23373"])
def test_the_same_address_gets_it(make: Make, store: TokenStore, url: str) -> None:
    store.save(stored_token())
    assert make(base_url=url) == (URL, stored_token().token.reveal())


def test_a_view_on_another_host_never_gets_it(store: TokenStore) -> None:
    store.save(stored_token())
    with pytest.raises(ConfigurationError, match="only sent to the host"):
        AsyncBeeperDesktop().with_options(base_url="http://127.0.0.1:1")


def test_profiles(make: Make, store: TokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save(stored_token("one"))
    store.save(stored_token("two"), "work")
    monkeypatch.setenv("BEEPER_PROFILE", "work")
    assert make() == (URL, "two")
    monkeypatch.setenv("BEEPER_PROFILE", "missing")
    with pytest.raises(MissingTokenError):
        make()
    monkeypatch.setenv("BEEPER_PROFILE", "")
    with pytest.raises(MissingTokenError):
        make()
    monkeypatch.setenv("BEEPER_PROFILE", "../default")
    with pytest.raises(ConfigurationError, match="profile"):
        make()


def test_a_header_of_the_user_still_wins(store: TokenStore) -> None:
    store.save(stored_token())
    client = AsyncBeeperDesktop(default_headers={"Authorization": "Basic x"})
    assert client._options.headers(auth=True)["Authorization"] == "Basic x"


def test_a_store_that_can_not_be_read(make: Make, store: TokenStore) -> None:
    store.folder.mkdir(parents=True)
    store.path().write_text("{")
    with pytest.raises(TokenStoreError, match="beeper-async login"):
        make()
    assert make(access_token="argument")[1] == "argument"


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(hours=12), None),
        (timedelta(hours=1), "expires"),
        (timedelta(hours=-1), "has expired"),
    ],
)
def test_a_token_that_expires_soon_is_reported(
    make: Make,
    store: TokenStore,
    caplog: pytest.LogCaptureFixture,
    left: timedelta,
    words: str | None,
) -> None:
    now = datetime.now(UTC)
    token = stored_token(expires_at=now + left, created_at=now + left - timedelta(days=1))
    store.save(token)
    assert make()[1] == token.token.reveal()
    assert bool(caplog.messages) is (words is not None)
    if words is not None:
        assert words in caplog.messages[0]
        assert "beeper-async login" in caplog.messages[0]


def test_where_a_token_is_from(store: TokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_access().source is None
    store.save(stored_token(), "work")
    monkeypatch.setenv("BEEPER_PROFILE", "work")
    access = find_access()
    assert (access.source, access.profile, access.base_url) == ("profile", "work", URL)
    other = find_access("http://127.0.0.1:1")
    assert (other.token, other.stored and other.stored.base_url) == (None, URL)
    monkeypatch.setenv("BEEPER_ACCESS_TOKEN", "environment")
    assert find_access().source == "environment"
    assert find_access(profile="work").source == "profile"


def test_what_is_shown_of_a_token(store: TokenStore) -> None:
    store.save(stored_token())
    shown = (store.load(), find_access(), AsyncBeeperDesktop(), attrs.asdict(stored_token()))
    assert "secret" not in repr(shown)


TEST = """
import pytest
from beeper_async import AsyncBeeperDesktop, MissingTokenError

def test_it():
    with pytest.raises(MissingTokenError):
        AsyncBeeperDesktop()
"""


def test_the_plugin_keeps_tests_from_the_stored_token(store: TokenStore, tmp_path: Path) -> None:
    """Also where the user's environment chooses a profile."""
    import os

    store.save(stored_token(), "work")
    (tmp_path / "test_it.py").write_text(TEST)
    env = {**os.environ, "BEEPER_PROFILE": "work"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, env=env, capture_output=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout.decode()
