"""What each public package exports is there, and is all that it exports."""

import sys
from types import ModuleType

import pytest

import beeper_async
import beeper_async.bots
import beeper_async.events
import beeper_async.models
import beeper_sync
import beeper_sync.models

FACES = [
    module.__name__
    for module in (
        *(beeper_async, beeper_async.models, beeper_async.events, beeper_async.bots),
        *(beeper_sync, beeper_sync.models),
    )
]


@pytest.mark.parametrize("face", FACES)
def test_every_exported_name_is_there(face: str) -> None:
    module = sys.modules[face]
    assert [name for name in module.__all__ if getattr(module, name, None) is None] == []
    assert dir(module) == sorted(module.__all__)


@pytest.mark.parametrize("face", FACES)
def test_a_name_that_does_not_exist_is_an_error(face: str) -> None:
    with pytest.raises(AttributeError, match="Mesage"):
        sys.modules[face].Mesage  # noqa: B018


@pytest.mark.parametrize("package", [beeper_async, beeper_sync])
def test_the_models_are_there_without_an_import_of_their_own(
    package: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(package, "models")
    assert package.models is sys.modules[f"{package.__name__}.models"]


def test_a_star_brings_the_client_and_not_any() -> None:
    names: dict[str, object] = {}
    exec("from beeper_async import *\nfrom beeper_sync import *", names)
    assert names["AsyncBeeperDesktop"] is beeper_async.AsyncBeeperDesktop
    assert names["BeeperDesktop"] is beeper_sync.BeeperDesktop
    assert "Any" not in names
    assert "TYPE_CHECKING" not in names


def test_the_models_of_both_packages_are_the_same() -> None:
    for name in beeper_sync.models.__all__:
        assert getattr(beeper_sync.models, name) is getattr(beeper_async.models, name)


def test_the_blocking_package_says_where_the_async_names_are() -> None:
    for name in (
        "AsyncBeeperDesktop",
        "AsyncPaginator",
        "Bot",
        "EventStream",
        "Merged",
        "Prefetched",
    ):
        with pytest.raises(AttributeError, match="is in beeper_async"):
            getattr(beeper_sync, name)
