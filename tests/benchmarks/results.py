"""What a run found, with where and when; kept as JSON."""

import json
import os
import platform
from collections.abc import Mapping
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, Self

from attrs import asdict, field, frozen

from beeper_async import __version__

from .bench import Cost
from .measuring import Samples, judge
from .scenarios import SCENARIOS

_PACKAGES: Final = (
    "beeper_desktop_api", "aiohttp", "attrs", "cattrs", "orjson", "httpx", "pydantic"
)  # fmt: skip


@frozen
class About:
    """Where and when the figures come from."""

    date: str
    machine: str
    cores: int
    rounds: int
    versions: Mapping[str, str]

    @classmethod
    def here(cls, rounds: int) -> Self:
        versions = {
            "CPython": platform.python_version(),
            "beeper_async": __version__,
            **{name: found for name in _PACKAGES if (found := _version(name))},
        }
        return cls(date.today().isoformat(), _machine(), os.cpu_count() or 1, rounds, versions)

    @property
    def place(self) -> str:
        """The machine, and how much was measured on it."""
        cores = f"{self.cores} core{'s' * (self.cores != 1)}"
        rounds = f"{self.rounds} round{'s' * (self.rounds != 1)}"
        return f"{self.machine}, {cores}, {rounds}"

    @property
    def software(self) -> str:
        return ", ".join(f"{name} {number}" for name, number in self.versions.items())

    def __str__(self) -> str:
        return f"{self.date}, {self.place}; {self.software}"


@frozen
class Results:
    """The samples of each scenario, by its name."""

    about: About
    samples: dict[str, Samples] = field(factory=dict[str, Samples])

    def save(self, path: Path) -> None:
        """Write all samples, and the ratios for whoever wants no more."""
        ratios = [
            {"scenario": scenario.name, **asdict(goal), **asdict(judge(scenario, goal, samples))}
            for scenario in SCENARIOS
            if (samples := self.samples.get(scenario.name))
            for goal in scenario.goals
        ]
        found: dict[str, Any] = {**asdict(self), "ratios": ratios}
        path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        found = json.loads(path.read_text("utf-8"))
        samples = {
            scenario: {name: [Cost(**cost) for cost in costs] for name, costs in contenders.items()}
            for scenario, contenders in found["samples"].items()
        }
        return cls(About(**found["about"]), samples)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _machine() -> str:
    """Name the processor."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return f"{line.partition(':')[2].strip()} ({platform.machine()})"
    return platform.processor() or platform.machine()
