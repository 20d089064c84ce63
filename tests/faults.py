"""aioresponses, made to work with current aiohttp, for faults that no real server produces."""

import inspect
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self, cast

from aiohttp import ClientResponse
from aioresponses import aioresponses

_NEEDS_WRITER = "stream_writer" in inspect.signature(ClientResponse).parameters


class _Response(ClientResponse):
    """aiohttp 3.14 reads how much was written; aioresponses 0.7.9 does not set it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if _NEEDS_WRITER:
            kwargs.setdefault("stream_writer", SimpleNamespace(output_size=0))
        super().__init__(*args, **kwargs)


class Faults(aioresponses):
    """Answers in the place of the network. Say with `exception=` what goes wrong."""

    def add(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("response_class", _Response)
        cast("Any", super()).add(*args, **kwargs)

    if TYPE_CHECKING:  # aioresponses declares neither the names nor the types of these

        def __enter__(self) -> Self: ...
        def post(self, url: Any, **kwargs: Any) -> None: ...
