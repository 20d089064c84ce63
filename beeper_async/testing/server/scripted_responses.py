"""Scripted responses: what the next matching requests get instead of the real response."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import attrs

from ..hosting.json_text import json_bytes
from .path_patterns import path_matches
from .refusals import error_body


@attrs.define(kw_only=True, eq=False)
class ScriptedResponse:
    """One outcome, good for `times` requests."""

    method: str | None
    path: str | None
    times: int | None
    """None means every request until it is over."""
    before: bool
    """True if it comes before the real handler rather than after it."""
    delay: float = 0.0
    drop: bool = False
    """Close the connection instead of responding."""
    ends_at: float | None = None
    """When it is over, by the monotonic clock."""
    status: int | None = None
    """None keeps the real response, and only adds the delay and the headers."""
    body: bytes = b""
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])

    @property
    def replaces_handler(self) -> bool:
        """Whether the real handler must not run."""
        return self.before and (self.drop or self.status is not None)

    def matches(self, method: str, raw_path: str, base_path: str) -> bool:
        """Whether it is meant for this request."""
        if self.ends_at is not None and time.monotonic() >= self.ends_at:
            return False
        if self.method is not None and self.method.upper() != method:
            return False
        return self.path is None or path_matches(self.path, raw_path, base_path)


def scripted_body(
    status: int | None, json: Any, text: str | bytes | None
) -> tuple[bytes, dict[str, str]]:
    """The body of a scripted response and the headers that describe it."""
    if json is not None and text is not None:
        raise ValueError("give either json or text, not both")
    if text is not None:
        body = text.encode() if isinstance(text, str) else text
        return body, {"Content-Type": "text/plain; charset=utf-8"}
    if json is None:
        if status is None or status < 400:
            return b"", {}
        json = error_body(status)
    return json_bytes(json), {"Content-Type": "application/json; charset=utf-8"}


def merged_headers(described: dict[str, str], wanted: Mapping[str, str] | None) -> dict[str, str]:
    """The headers that describe a body, and the wanted ones, which beat them."""
    named = {name.lower() for name in wanted or {}}
    kept = {name: value for name, value in described.items() if name.lower() not in named}
    return {**kept, **(wanted or {})}


class ResponseScript:
    """The scripted responses that are not used up, first come first served; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scripted: list[ScriptedResponse] = []

    def add(self, scripted: ScriptedResponse) -> None:
        """Put one behind the others."""
        if scripted.times is not None and scripted.times < 1:
            raise ValueError("times must be at least 1")
        with self._lock:
            self._scripted.append(scripted)

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._scripted.clear()

    def take(self, method: str, raw_path: str, base_path: str) -> ScriptedResponse | None:
        """Take the one for this request, which counts as used."""
        with self._lock:
            for scripted in self._scripted:
                if scripted.matches(method, raw_path, base_path):
                    if scripted.times is not None:
                        scripted.times -= 1
                        if scripted.times == 0:
                            self._scripted.remove(scripted)
                    return scripted
        return None
