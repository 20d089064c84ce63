"""Faults of the network as values, and the requests that they hit."""

from __future__ import annotations

import threading
from typing import Literal

import attrs

from ..server.path_patterns import path_matches

Ending = Literal["close", "reset", "hang"]
GARBAGE = b"\x16\x03\x01\x02\x00SSH-2.0-this is no HTTP\r\n\r\n"


@attrs.frozen(kw_only=True)
class Fault:
    """Describes what goes wrong with one request. Create it with one of the methods below.

    Bytes are counted from the first byte of the request line, or of the status line of the
    response. After an upgrade to a WebSocket, its frames count as well. A fault with a limit has
    no effect on a message that is shorter.

    Example:
        from beeper_async.testing import Fault, FaultProxy, Simulator

        async with Simulator() as sim, FaultProxy(sim.url) as proxy:
            proxy.plan(Fault.cut_response(40), path="/v1/chats")
            async with AsyncBeeperDesktop(base_url=proxy.url, access_token=sim.token) as client:
                await client.chats.list()  # retried after the first attempt was cut off
            print(proxy.stats.faults)
    """

    name: str
    """The name of the method that created it."""
    delay_seconds: float = 0.0
    """Seconds before the request is forwarded."""
    request_limit: int | None = None
    """Number of bytes of the request that are forwarded before the end. None means all."""
    response_limit: int | None = None
    """Number of bytes of the response that are forwarded before the end. None means all."""
    ending: Ending = "close"
    """How the connection ends: with a clean close, with a reset, or with silence."""
    garbage_bytes: bytes = attrs.field(default=b"", repr=False)
    """Bytes sent to the client right before the end."""
    bytes_per_second: float | None = None
    """Maximum rate in each direction. None disables the limit."""
    freezes: bool = False
    """Whether forwarding stops in both directions, with the connection open."""

    @classmethod
    def delay(cls, seconds: float) -> Fault:
        """Forward the request after a delay.

        Args:
            seconds: Seconds before the first byte of the request is forwarded.
        """
        return cls(name="delay", delay_seconds=seconds)

    @classmethod
    def throttle(cls, bytes_per_second: float) -> Fault:
        """Limit the rate in each direction.

        Args:
            bytes_per_second: Maximum number of bytes per second. More than 0.

        Raises:
            ValueError: `bytes_per_second` is not more than 0.
        """
        if bytes_per_second <= 0:
            raise ValueError("bytes_per_second must be more than 0")
        return cls(name="throttle", bytes_per_second=bytes_per_second)

    @classmethod
    def cut_request(cls, after: int) -> Fault:
        """Close both sides cleanly in the middle of the request.

        The app does not receive the whole request unless it is shorter than `after`.

        Args:
            after: Number of bytes of the request that are forwarded. At least 0.

        Raises:
            ValueError: `after` is negative.
        """
        return cls(name="cut_request", request_limit=_size(after))

    @classmethod
    def cut_response(cls, after: int) -> Fault:
        """Close the connection cleanly in the middle of the response.

        The app has handled the request.

        Args:
            after: Number of bytes of the response that are forwarded. At least 0.

        Raises:
            ValueError: `after` is negative.
        """
        return cls(name="cut_response", response_limit=_size(after))

    @classmethod
    def reset_before_request(cls) -> Fault:
        """Reset the client's connection. The app receives nothing of the request."""
        return cls(name="reset_before_request", request_limit=0, ending="reset")

    @classmethod
    def reset_after_request(cls) -> Fault:
        """Reset the client's connection when the app begins to respond.

        The app has handled the request.
        """
        return cls(name="reset_after_request", response_limit=0, ending="reset")

    @classmethod
    def reset_response(cls, after: int) -> Fault:
        """Reset the client's connection in the middle of the response.

        On systems other than Linux, the client's system may discard the bytes that came before
        the reset.

        Args:
            after: Number of bytes of the response that are forwarded. At least 0.

        Raises:
            ValueError: `after` is negative.
        """
        return cls(name="reset_response", response_limit=_size(after), ending="reset")

    @classmethod
    def black_hole(cls) -> Fault:
        """Accept the request, and all that follows on its connection, but forward nothing."""
        return cls(name="black_hole", request_limit=0, ending="hang")

    @classmethod
    def lose_response(cls, after: int = 0) -> Fault:
        """Forward the request, then fall silent in the response, with the connection open.

        Args:
            after: Number of bytes of the response that are forwarded. At least 0.

        Raises:
            ValueError: `after` is negative.
        """
        return cls(name="lose_response", response_limit=_size(after), ending="hang")

    @classmethod
    def half_open(cls) -> Fault:
        """Stop forwarding on the request's connection in both directions, without closing it.

        What arrives is kept, and forwarded after `FaultProxy.thaw_all`.
        """
        return cls(name="half_open", freezes=True)

    @classmethod
    def garbage(cls, data: bytes = GARBAGE, *, reaches_app: bool = False) -> Fault:
        """Respond with bytes that are not HTTP, then close the connection.

        Args:
            data: The bytes to send to the client.
            reaches_app: True if the app receives the request and only its response is replaced.
                False means that the app receives nothing, as if another program used the port.
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
    """A fault and the requests that it hits."""

    fault: Fault
    method: str | None
    path: str | None
    nth: int
    """Which matching request is the first to be hit, from 1."""
    times: int | None
    """Number of requests that are still to be hit. None means all."""

    def matches(self, method: str, target: str, base_path: str) -> bool:
        """Whether this request matches, hit or not."""
        if self.method is not None and self.method.upper() != method:
            return False
        return self.path is None or path_matches(self.path, target, base_path)


class PlannedFaults:
    """The planned faults that are not used up, first come first served; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[PlannedFault] = []

    def add(self, planned: PlannedFault) -> None:
        """Put one behind the others."""
        if planned.nth < 1 or (planned.times is not None and planned.times < 1):
            raise ValueError("nth and times must be at least 1")
        with self._lock:
            self._planned.append(planned)

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._planned.clear()

    def take(self, method: str, target: str, base_path: str) -> Fault | None:
        """Take the fault of this request, which counts as used."""
        with self._lock:
            for planned in self._planned:
                if not planned.matches(method, target, base_path):
                    continue
                if planned.nth > 1:
                    planned.nth -= 1
                    continue
                if planned.times is not None:
                    planned.times -= 1
                    if planned.times == 0:
                        self._planned.remove(planned)
                return planned.fault
        return None
