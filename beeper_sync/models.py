"""The models of beeper_async, so that one import line serves blocking code."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beeper_async.models import *  # noqa: F403
else:  # a type checker would take any name for one of this module
    from beeper_async import models as _models

    __all__ = _models.__all__

    def __getattr__(name: str) -> Any:
        return getattr(_models, name)

    def __dir__() -> list[str]:
        return dir(_models)
