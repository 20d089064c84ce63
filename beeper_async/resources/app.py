"""The app itself. It has no calls of its own here, only setting it up does."""

from functools import cached_property
from typing import TYPE_CHECKING

from .base import AsyncResource

if TYPE_CHECKING:
    from .setup import AsyncSetupResource


class AsyncAppResource(AsyncResource):
    """Manage the app."""

    @cached_property
    def setup(self) -> "AsyncSetupResource":
        """Signing in to Beeper, and setting up encryption."""
        from .setup import AsyncSetupResource

        return AsyncSetupResource(self._client)
