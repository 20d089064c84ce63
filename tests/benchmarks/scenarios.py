"""All that is measured, family by family."""

from typing import Final

from . import decoding, encoding, events, processes, requests, streaming
from .bench import Scenario
from .slopes import SLOPES

SCENARIOS: Final[tuple[Scenario, ...]] = (
    *decoding.SCENARIOS,
    *encoding.SCENARIOS,
    *streaming.SCENARIOS,
    *requests.SCENARIOS,
    *events.SCENARIOS,
    *processes.SCENARIOS,
)
EVERYTHING: Final[tuple[Scenario, ...]] = (*SCENARIOS, *SLOPES)
