# Generated from beeper_async/resources/app.py by `python -m beeper_sync._generate`.
"""The app itself. It has no calls of its own here, only setting it up does."""

from functools import cached_property
from typing import TYPE_CHECKING

from beeper_async.resources.app import AsyncAppResource

from ..base import SyncResource

if TYPE_CHECKING:
    from .setup import SetupResource


class AppResource(SyncResource[AsyncAppResource]):
    """Manage the app."""

    @cached_property
    def setup(self) -> "SetupResource":
        """Signing in to Beeper, and setting up encryption."""
        from .setup import SetupResource

        return SetupResource(self._client, self._async.setup)
