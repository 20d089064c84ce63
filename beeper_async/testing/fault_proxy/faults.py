"""Network faults as values, and the plan of which requests they hit."""

from __future__ import annotations

import threading
from typing import Literal

import attrs

from ..server.path_patterns import path_matches

Ending = Literal["close", "reset", "hang"]
GARBAGE = b"\x16\x03\x01\x02\x00SSH-2.0-this is no HTTP\r\n\r\n"


@attrs.frozen(kw_only=True)
class Fault:
    """What goes wrong with one request; made by the methods below.

    Bytes are counted from the first byte of the request line or of the status line, and go on
    being counted after an upgrade to a websocket. With a limit nothing goes wrong before so many
    bytes were passed on, and nothing at all when there are fewer.
    """

    name: str
    delay_seconds: float = 0.0
    request_limit: int | None = None
    """Pass on so many bytes of the request, then end."""
    response_limit: int | None = None
    """Pass on so many bytes of the answer, then end."""
    ending: Ending = "close"
    """How to end: with a clean close, with a reset, or with silence."""
    garbage_bytes: bytes = attrs.field(default=b"", repr=False)
    """Sent to the client right before the end."""
    bytes_per_second: float | None = None
    freezes: bool = False

    @classmethod
    def delay(cls, seconds: float) -> Fault:
        """Wait before anything of the request is forwarded."""
        return cls(name="delay", delay_seconds=seconds)

    @classmethod
    def throttle(cls, bytes_per_second: float) -> Fault:
        """Pass on no more than so many bytes per second, each way."""
        if bytes_per_second <= 0:
            raise ValueError("bytes_per_second must be more than 0")
        return cls(name="throttle", bytes_per_second=bytes_per_second)

    @classmethod
    def cut_request(cls, after: int) -> Fault:
        """Close both sides cleanly after so many bytes of the request.

        The app never sees the whole request unless it is shorter than that.
        """
        return cls(name="cut_request", request_limit=_size(after))

    @classmethod
    def cut_response(cls, after: int) -> Fault:
        """Close the connection cleanly after so many bytes of the answer; the app did its part."""
        return cls(name="cut_response", response_limit=_size(after))

    @classmethod
    def reset_before_request(cls) -> Fault:
        """Reset the client's connection; the app sees nothing of the request."""
        return cls(name="reset_before_request", request_limit=0, ending="reset")

    @classmethod
    def reset_after_request(cls) -> Fault:
        """Reset the client's connection when the app begins to answer; the app did its part."""
        return cls(name="reset_after_request", response_limit=0, ending="reset")

    @classmethod
    def reset_response(cls, after: int) -> Fault:
        """Reset the client's connection after so many bytes of the answer.

        Outside of Linux the client's system may throw the bytes away that came before the reset.
        """
        return cls(name="reset_response", response_limit=_size(after), ending="reset")

    @classmethod
    def black_hole(cls) -> Fault:
        """Take the request, and all that follows on its connection, but forward nothing."""
        return cls(name="black_hole", request_limit=0, ending="hang")

    @classmethod
    def lose_response(cls, after: int = 0) -> Fault:
        """Forward the request, but no more than so many bytes of the answer, and then be silent."""
        return cls(name="lose_response", response_limit=_size(after), ending="hang")

    @classmethod
    def half_open(cls) -> Fault:
        """Stop forwarding on the request's connection both ways, without closing anything.

        Nothing is lost: what arrives waits until the connection is thawed.
        """
        return cls(name="half_open", freezes=True)

    @classmethod
    def garbage(cls, data: bytes = GARBAGE, *, reaches_app: bool = False) -> Fault:
        """Respond with bytes that are no HTTP, and close.

        The app sees nothing of the request, as if another program had taken the port; with
        `reaches_app` it gets the request and only its answer is replaced.
        """
        if reaches_app:
            return cls(name="garbage", response_limit=0, garbage_bytes=data)
        return cls(name="garbage", request_limit=0, garbage_bytes=data)


def _size(after: int) -> int:
    if after < 0:
        raise ValueError("after must not be negative")
    return after


@attrs.define(kw_only=True, eq=False)
class PlannedFault:
    """A fault and the requests it is meant for."""

    fault: Fault
    method: str | None
    path: str | None
    nth: int
    """How many matching requests until the first one that is hit, counting that one."""
    times: int | None
    """How many requests are still to be hit; None for all of them."""

    def matches(self, method: str, target: str, base_path: str) -> bool:
        """Whether the plan is about this request, be it its turn or not."""
        if self.method is not None and self.method.upper() != method:
            return False
        return self.path is None or path_matches(self.path, target, base_path)


class PlannedFaults:
    """The faults not used up yet, first come first served; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plans: list[PlannedFault] = []

    def add(self, plan: PlannedFault) -> None:
        """Put a plan behind the others."""
        if plan.nth < 1 or (plan.times is not None and plan.times < 1):
            raise ValueError("nth and times must be at least 1")
        with self._lock:
            self._plans.append(plan)

    def clear(self) -> None:
        """Forget all plans."""
        with self._lock:
            self._plans.clear()

    def take(self, method: str, target: str, base_path: str) -> Fault | None:
        """The fault for this request, which counts as used."""
        with self._lock:
            for plan in self._plans:
                if not plan.matches(method, target, base_path):
                    continue
                if plan.nth > 1:
                    plan.nth -= 1
                    continue
                if plan.times is not None:
                    plan.times -= 1
                    if plan.times == 0:
                        self._plans.remove(plan)
                return plan.fault
        return None
