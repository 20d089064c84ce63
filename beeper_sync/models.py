"""The models of beeper_async, so that one import line serves blocking code."""

from typing import TYPE_CHECKING

from beeper_async import models as _models
from beeper_async.models import __all__ as __all__

if TYPE_CHECKING:
    from beeper_async.models import *  # noqa: F403
else:
    # Each model is loaded when it is first used, as on the other side.
    __getattr__, __dir__ = _models.__getattr__, _models.__dir__
