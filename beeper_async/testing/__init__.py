"""A stand-in for the Beeper Desktop app, for tests and for trying things out.

    from beeper_async.testing import Simulator

    async with Simulator() as sim:
        ...  # talk to sim.url with sim.token

`Simulator` is a real HTTP server on 127.0.0.1 with a small world of invented people behind it:
what a request changes, later requests see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .recording import RecordedRequest
    from .simulator import Simulator

__all__ = ["RecordedRequest", "Simulator"]


def __getattr__(name: str) -> object:
    # aiohttp's server is slow to import, and most importers of this package never start one.
    if name == "Simulator":
        from .simulator import Simulator

        return Simulator
    if name == "RecordedRequest":
        from .recording import RecordedRequest

        return RecordedRequest
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
