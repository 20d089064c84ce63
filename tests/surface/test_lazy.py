"""Names of a package that are loaded when they are first used."""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from beeper_async._lazy import lazy_exports

NAME = "package_of_lazy_names"


@pytest.fixture
def package() -> Iterator[Any]:
    module: Any = ModuleType(NAME)
    module.__all__ = ["loads", "dumps", "encoder"]
    module.__getattr__, module.__dir__ = lazy_exports(
        NAME, {"json": ["loads", "dumps"]}, modules={"encoder": "json.encoder"}
    )
    sys.modules[NAME] = module
    yield module
    del sys.modules[NAME]


def test_a_name_is_loaded_when_it_is_first_used(package: Any) -> None:
    import json.encoder

    assert "loads" not in vars(package)
    assert package.loads is json.loads
    assert vars(package)["loads"] is json.loads, "the second time costs nothing"
    assert "dumps" not in vars(package)
    assert package.encoder is json.encoder


def test_the_names_are_listed_before_they_are_loaded(package: Any) -> None:
    assert dir(package) == ["dumps", "encoder", "loads"]


def test_without_modules_an_unknown_name_is_an_error(package: Any) -> None:
    get, _ = lazy_exports(NAME, {"json": ["loads"]})
    for ask in (get, package.__getattr__):
        with pytest.raises(AttributeError, match=f"'{NAME}' has no attribute 'dump'"):
            ask("dump")
