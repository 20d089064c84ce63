"""Which failures end a stream that was connected once, and how long the others make it wait."""

from typing import Final

from .._codec.json_values import as_object
from ..errors import APIError, APIStatusError, AuthenticationError, PermissionDeniedError

_CONFIRMED: Final = 2


def in_own_words(error: APIError) -> bool:
    """Whether the app itself refused, and no proxy or other program in its place."""
    body = as_object(error.body)
    return error.code is not None or isinstance(body.get("error"), str | dict)


def seconds_to_wait(error: Exception) -> float:
    """Return the seconds that the app asks to wait before the next request."""
    return (error.retry_after or 0.0) if isinstance(error, APIStatusError) else 0.0


class Refusals:
    """Counts refusals: a 401 ends a stream, and a 403 in the app's own words that is confirmed."""

    def __init__(self) -> None:
        self._denied = 0

    def check(self, error: Exception) -> None:
        """Raise the error if it ends the stream.

        Raises:
            AuthenticationError: The token is not valid any more.
            PermissionDeniedError: The token may not read, and the app said so twice.
        """
        if isinstance(error, AuthenticationError):
            raise error
        if isinstance(error, PermissionDeniedError) and in_own_words(error):
            self._denied += 1
            if self._denied >= _CONFIRMED:
                raise error

    def clear(self) -> None:
        """Note that a request succeeded."""
        self._denied = 0
