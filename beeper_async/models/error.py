"""The body of an error answer."""

from typing import Any, TypeAlias

from attrs import frozen

from .base import Model


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ValidationIssue(Model):
    """One thing that is wrong with a request."""

    code: str
    message: str
    path: list[str | float]
    """List of field names and list indexes."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class ValidationDetails(Model):
    """The `details` of a validation error."""

    issues: list[ValidationIssue]


ErrorDetails: TypeAlias = ValidationDetails | dict[str, Any] | list[Any] | str | float | bool
"""What an error may carry beside code and message: validation issues, or any JSON at all."""


@frozen(kw_only=True, weakref_slot=False, repr=False)
class Error(Model):
    """Body of every 4xx/5xx JSON answer of /v1."""

    code: str
    """Free string; no published list."""
    message: str
    details: ErrorDetails | None = None
    """Union, see ErrorDetails."""
