"""The store of tokens: private at every moment, whole or not at all, and one file a profile."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import attrs
import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from beeper_async import ConfigurationError
from beeper_async._http.options import Token
from beeper_async.auth import StoredToken, TokenStore, TokenStoreError
from beeper_async.auth.private_file import write_private

SECRET = "very-secret-token"
NOW = datetime(2026, 5, 11, 10, 0, tzinfo=UTC)


def stored_token(text: str = SECRET, **changes: Any) -> StoredToken:
    made = StoredToken(
        token=Token(text),
        base_url="http://127.0.0.1:23373",
        scopes=("read", "write"),
        client_id="client",
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )
    return attrs.evolve(made, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"scopes": (), "client_id": None, "expires_at": None},
        {"source": "pasted", "base_url": "https://desk.example/app"},
    ],
)
def test_what_is_saved_is_loaded(store: TokenStore, changes: dict[str, Any]) -> None:
    saved = stored_token(**changes)
    store.save(saved, "work")
    loaded = store.load("work")
    assert loaded is not None
    assert loaded.token.reveal() == SECRET
    assert attrs.evolve(loaded, token=saved.token) == saved
    assert store.load() is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_the_file_is_private_at_every_moment(store: TokenStore) -> None:
    """After each line of the function that writes it, whatever is in the folder is private."""
    modes: set[int] = set()

    def look(*_: object) -> Any:
        for path in store.folder.glob("*") if store.folder.exists() else ():
            modes.add(path.stat().st_mode & 0o777)
        return look

    def trace(frame: FrameType, *_: object) -> Any:
        return look if frame.f_code is write_private.__code__ else None

    umask = os.umask(0)
    sys.settrace(trace)
    try:
        store.save(stored_token())
        store.save(stored_token("another"))
    finally:
        sys.settrace(None)
        os.umask(umask)
    assert modes == {0o600}
    assert store.folder.stat().st_mode & 0o777 == 0o700
    assert store.is_private()


def test_others_that_may_read_it_are_noticed(store: TokenStore) -> None:
    store.save(stored_token())
    store.path().chmod(0o644)
    assert not store.is_private()
    store.save(stored_token())
    assert store.is_private()


def test_a_full_disk_leaves_the_old_token(
    store: TokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save(stored_token("old"))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TokenStoreError, match="No space left") as caught:
        store.save(stored_token("new"))
    assert "new" not in str(caught.value)
    loaded = store.load()
    assert loaded is not None
    assert loaded.token.reveal() == "old"
    assert [path.name for path in store.folder.iterdir()] == ["default.json"]


def test_a_link_is_replaced_and_not_followed(store: TokenStore, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_text("{}")
    store.folder.mkdir(parents=True)
    store.path().symlink_to(target)
    store.save(stored_token())
    assert (target.read_text(), store.path().is_symlink()) == ("{}", False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"access_token": "t"}',
        '{"base_url": "http://127.0.0.1:1", "scope": ""}',
        '{"access_token": "t", "base_url": "nowhere", "scope": ""}',
        '{"access_token": "very-\\u00e9", "base_url": "http://127.0.0.1:1", "scope": ""}',
        '{"access_token": 5, "base_url": "http://127.0.0.1:1", "scope": ""}',
    ],
)
def test_a_file_that_holds_no_token(store: TokenStore, text: str) -> None:
    store.folder.mkdir(parents=True)
    store.path().write_text(text)
    with pytest.raises(TokenStoreError, match=r"default\.json holds no token"):
        store.load()


def test_times_that_can_not_be_read_are_left_out(store: TokenStore) -> None:
    store.save(stored_token())
    record = json.loads(store.path().read_text())
    store.path().write_text(json.dumps(record | {"expires_at": "soon", "created_at": "2026-05-11"}))
    loaded = store.load()
    assert loaded is not None
    assert loaded.expires_at is None


def test_a_folder_in_the_place_of_the_file(store: TokenStore) -> None:
    store.path().mkdir(parents=True)
    with pytest.raises(TokenStoreError, match="can't be read"):
        store.load()
    with pytest.raises(TokenStoreError, match="can't be written"):
        store.save(stored_token())
    with pytest.raises(TokenStoreError, match="can't be deleted"):
        store.delete()


def test_profiles_are_listed_and_deleted(store: TokenStore) -> None:
    assert store.profiles() == []
    for name in ("work", "a_1", "default"):
        store.save(stored_token(), name)
    (store.folder / "Not One.json").write_text("{}")
    assert store.profiles() == ["a_1", "default", "work"]
    assert [store.delete("work"), store.delete("work")] == [True, False]
    assert store.profiles() == ["a_1", "default"]


@pytest.mark.parametrize("name", ["", ".", "../up", "a/b", "Work", "é", "x" * 65, "-a", "a\n"])
def test_names_that_could_leave_the_folder(store: TokenStore, name: str) -> None:
    for call in (store.load, store.delete, store.path):
        with pytest.raises(ConfigurationError, match="profile"):
            call(name)


@pytest.mark.parametrize(
    ("lifetime", "left", "soon"),
    [
        (timedelta(days=1), timedelta(hours=3), False),
        (timedelta(days=1), timedelta(hours=2), True),
        (timedelta(days=365), timedelta(days=4), False),
        (timedelta(days=365), timedelta(days=2), True),
        (timedelta(days=1), timedelta(hours=-1), True),
    ],
)
def test_what_counts_as_soon(lifetime: timedelta, left: timedelta, soon: bool) -> None:
    token = stored_token(expires_at=NOW + lifetime)
    assert token.expires_soon(NOW + lifetime - left) is soon
    assert not stored_token(expires_at=None).expires_soon(NOW)


class Ring(KeyringBackend):
    """A keyring in memory, which can be locked."""

    def __init__(self) -> None:
        # No call of the base: it reads settings of the machine.
        self.held: dict[tuple[str, str], str] = {}
        self.locked = False

    def _check(self) -> None:
        if self.locked:
            raise KeyringLocked(SECRET)

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        del self.held[service, username]


@pytest.fixture
def ring() -> Iterator[Ring]:
    before = keyring.get_keyring()
    ring = Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_the_keyring_holds_the_token_and_the_file_does_not(store: TokenStore, ring: Ring) -> None:
    store.save(stored_token(), "work", keyring=True)
    assert SECRET not in store.path("work").read_text()
    assert ring.held == {("beeper-async", "work"): SECRET}
    loaded = store.load("work")
    assert loaded is not None
    assert (loaded.token.reveal(), loaded.in_keyring) == (SECRET, True)
    assert store.delete("work")
    assert ring.held == {}


def test_a_locked_keyring(store: TokenStore, ring: Ring) -> None:
    store.save(stored_token(), "work", keyring=True)
    store.save(stored_token(), "nightly")
    ring.locked = True
    for call in (store.load, store.delete):
        with pytest.raises(TokenStoreError, match=r"KeyringLocked.*Unlock it") as caught:
            call("work")
        assert SECRET not in str(caught.value)
    with pytest.raises(TokenStoreError, match="keyring"):
        store.save(stored_token(), "other", keyring=True)
    assert store.load("nightly") is not None  # who did not choose the keyring never waits for it


def test_a_keyring_that_has_forgotten(store: TokenStore, ring: Ring) -> None:
    store.save(stored_token(), keyring=True)
    ring.held.clear()
    with pytest.raises(TokenStoreError, match="holds no token"):
        store.load()
    assert store.delete()


def test_without_the_extra(store: TokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(TokenStoreError, match=r"beeper-async\[keyring\]"):
        store.save(stored_token(), keyring=True)
