"""Answers planned ahead: what the next matching requests get instead of the real thing."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import attrs
import orjson

from .path_patterns import path_matches
from .refusals import error_body


@attrs.define(kw_only=True, eq=False)
class ScriptedResponse:
    """One planned outcome, good for `times` requests."""

    method: str | None
    path: str | None
    times: int
    before: bool
    """True when the plan comes before the real handler rather than after it."""
    delay: float = 0.0
    drop: bool = False
    """Close the connection instead of answering."""
    status: int | None = None
    """None keeps the real answer, which then is only late or has other headers."""
    body: bytes = b""
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])

    @property
    def replaces_handler(self) -> bool:
        """Whether the real handler must not run."""
        return self.before and (self.drop or self.status is not None)

    def matches(self, method: str, raw_path: str, base_path: str) -> bool:
        """Whether the plan is meant for this request."""
        if self.method is not None and self.method.upper() != method:
            return False
        return self.path is None or path_matches(self.path, raw_path, base_path)


def scripted_body(
    status: int | None, json: Any, text: str | bytes | None
) -> tuple[bytes, dict[str, str]]:
    """The body of a planned answer and the headers that describe it."""
    if json is not None and text is not None:
        raise ValueError("give either json or text, not both")
    if text is not None:
        body = text.encode() if isinstance(text, str) else text
        return body, {"Content-Type": "text/plain; charset=utf-8"}
    if json is None:
        if status is None or status < 400:
            return b"", {}
        json = error_body(status)
    return orjson.dumps(json), {"Content-Type": "application/json; charset=utf-8"}


class ResponseScript:
    """The plans not used up yet, first come first served; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plans: list[ScriptedResponse] = []

    def add(self, plan: ScriptedResponse) -> None:
        """Put a plan behind the others."""
        if plan.times < 1:
            raise ValueError("times must be at least 1")
        with self._lock:
            self._plans.append(plan)

    def clear(self) -> None:
        """Forget all plans."""
        with self._lock:
            self._plans.clear()

    def take(self, method: str, raw_path: str, base_path: str) -> ScriptedResponse | None:
        """The plan for this request, which counts as used."""
        with self._lock:
            for plan in self._plans:
                if plan.matches(method, raw_path, base_path):
                    plan.times -= 1
                    if plan.times == 0:
                        self._plans.remove(plan)
                    return plan
        return None
