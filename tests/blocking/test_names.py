"""The names of the blocking package."""

import beeper_async
import beeper_sync
from beeper_sync import models


def test_every_exported_name_is_there() -> None:
    assert sorted(beeper_sync.__all__) == dir(beeper_sync)
    for name in beeper_sync.__all__:
        assert getattr(beeper_sync, name) is not None
    assert vars(models)["__all__"] == dir(models)
    for name in dir(models):
        assert getattr(models, name) is getattr(beeper_async.models, name)


def test_import_star_brings_the_client_and_nothing_of_the_machinery() -> None:
    names: dict[str, object] = {}
    exec("from beeper_sync import *; from beeper_sync.models import *", names)
    assert {"BeeperDesktop", "merge", "Chat"} <= set(names)
    assert {"Any", "TYPE_CHECKING", "import_module"}.isdisjoint(names)


def test_async_names_are_not_of_the_blocking_package() -> None:
    for name in ("AsyncPaginator", "EventStream", "Merged", "Prefetched", "Bot"):
        assert hasattr(beeper_async, name)
        assert not hasattr(beeper_sync, name)
