"""A stand-in for the Beeper Desktop app, for tests and for trying things out.

    from beeper_async.testing import Simulator

    async with Simulator() as sim:
        ...  # talk to sim.url with sim.token

`Simulator` is a real HTTP server on 127.0.0.1 with a small world of invented people behind it:
what a request changes, later requests see. `FaultProxy` stands in front of it (or of anything else)
and lets the network go wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .faults import Fault, FaultProxy
    from .recording import RecordedRequest
    from .simulator import Simulator

__all__ = ["Fault", "FaultProxy", "RecordedRequest", "Simulator"]


def __getattr__(name: str) -> object:
    # aiohttp's server is slow to import, and most importers of this package never start one.
    if name == "Simulator":
        from .simulator import Simulator

        return Simulator
    if name == "RecordedRequest":
        from .recording import RecordedRequest

        return RecordedRequest
    if name in ("Fault", "FaultProxy"):
        from . import faults

        return getattr(faults, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
