"""What the doctor found. Pure."""

from collections.abc import Sequence
from enum import Enum
from typing import Any, Literal, TypeAlias

from attrs import frozen

Area: TypeAlias = Literal[
    "versions", "app", "token", "setup", "accounts", "events", "clock", "remote_access"
]
"""What a check is about."""


class Verdict(Enum):
    """How a check ended."""

    FINE = "fine"
    """It works."""
    DOUBTFUL = "doubtful"
    """It works, but not in every case."""
    BROKEN = "broken"
    """It does not work."""


@frozen(kw_only=True)
class Check:
    """One thing that was checked."""

    area: Area
    """What it is about."""
    verdict: Verdict
    """How it ended."""
    found: str
    """What was found, in one sentence. No secret is in it."""
    advice: str = ""
    """What to do. Empty if it is fine."""


@frozen(kw_only=True)
class Report:
    """Everything that was checked. It holds no secret, so it can be pasted into a bug report."""

    checks: Sequence[Check]
    """The checks, in the order in which they were made."""

    @property
    def verdict(self) -> Verdict:
        """The worst of the checks."""
        found = {check.verdict for check in self.checks}
        return next(v for v in reversed(Verdict) if v in found or v is Verdict.FINE)

    def of(self, area: Area) -> list[Check]:
        """Return the checks of one area.

        Args:
            area: The area, e.g. "token".
        """
        return [check for check in self.checks if check.area == area]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        checks = [
            {
                "area": check.area,
                "verdict": check.verdict.value,
                "found": check.found,
                "advice": check.advice,
            }
            for check in self.checks
        ]
        return {"verdict": self.verdict.value, "checks": checks}


def fine(area: Area, found: str) -> Check:
    """Make a check that ended well."""
    return Check(area=area, verdict=Verdict.FINE, found=found)


def doubtful(area: Area, found: str, advice: str) -> Check:
    """Make a check of what works, but not in every case."""
    return Check(area=area, verdict=Verdict.DOUBTFUL, found=found, advice=advice)


def broken(area: Area, found: str, advice: str) -> Check:
    """Make a check of what does not work."""
    return Check(area=area, verdict=Verdict.BROKEN, found=found, advice=advice)
