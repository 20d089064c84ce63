"""aioresponses, made to work with current aiohttp, for faults that no real server produces."""

from types import SimpleNamespace
from typing import Any

from aiohttp import ClientResponse
from aioresponses import aioresponses


class _Response(ClientResponse):
    """aiohttp 3.14 wants to know how much was written; aioresponses 0.7.9 doesn't tell it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("stream_writer", SimpleNamespace(output_size=0))
        super().__init__(*args, **kwargs)


class Faults(aioresponses):
    """Answers in the place of the network. Say with `exception=` what shall go wrong."""

    def add(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("response_class", _Response)
        super().add(*args, **kwargs)
