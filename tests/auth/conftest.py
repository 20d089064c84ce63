"""A store of tokens of its own for each test, and the functions of both packages."""

from __future__ import annotations

import asyncio
import functools
from pathlib import Path
from typing import Any

import attrs
import pytest

from beeper_async import auth as async_auth
from beeper_async.auth import FoundApp, LoggedOut, Report, StoredToken, TokenStore, WhoAmI
from beeper_sync import auth as sync_auth


@attrs.frozen
class Door:
    """The functions of one of the packages; the blocking ones run in a thread."""

    is_blocking: bool

    async def _call(self, name: str, *args: Any, **settings: Any) -> Any:
        if not self.is_blocking:
            return await getattr(async_auth, name)(*args, **settings)
        call = functools.partial(getattr(sync_auth, name), *args, **settings)
        return await asyncio.to_thread(call)

    async def login(self, **settings: Any) -> StoredToken:
        stored: StoredToken = await self._call("login", **settings)
        return stored

    async def authorize(self, base_url: str, **settings: Any) -> StoredToken:
        stored: StoredToken = await self._call("authorize", base_url, **settings)
        return stored

    async def login_with_token(self, token: str, **settings: Any) -> StoredToken:
        stored: StoredToken = await self._call("login_with_token", token, **settings)
        return stored

    async def logout(self, profile: str | None = None) -> LoggedOut | None:
        gone: LoggedOut | None = await self._call("logout", profile)
        return gone

    async def whoami(self, **settings: Any) -> WhoAmI:
        found: WhoAmI = await self._call("whoami", **settings)
        return found

    async def find_apps(self, **settings: Any) -> list[FoundApp]:
        found: list[FoundApp] = await self._call("find_apps", **settings)
        return found

    async def find_app(self, **settings: Any) -> FoundApp:
        found: FoundApp = await self._call("find_app", **settings)
        return found

    async def examine(self, **settings: Any) -> Report:
        report: Report = await self._call("examine", **settings)
        return report


@pytest.fixture(params=["async", "blocking"])
def door(request: pytest.FixtureRequest) -> Door:
    return Door(request.param == "blocking")


@pytest.fixture(autouse=True)
def store(_no_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TokenStore:
    """Switch the store on, in a folder of the test."""
    monkeypatch.delenv("BEEPER_PROFILE")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    store = TokenStore()
    assert store.folder == tmp_path / "beeper-async" / "profiles"
    return store
