"""The answer of focus."""

from attrs import frozen

from .base import Model


@frozen(kw_only=True, weakref_slot=False, repr=False)
class FocusResponse(Model):
    """Whether the window was raised."""

    success: bool
