"""Ctrl-C and SIGTERM, heard by whoever wants to end in good order."""

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from .._http.session import running_loop

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_listeners: list[Callable[[], object]] = []
_before: dict[signal.Signals, Any] = {}


@contextmanager
def on_signals(call: Callable[[], object]) -> Generator[None]:
    """Call back in the event loop at each SIGINT and SIGTERM; several may listen at once.

    Only the main thread can hear signals; in any other this does nothing. What listened before is
    put back at the end, and what is ignored, as below nohup, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = running_loop()

    def listener() -> None:
        loop.call_soon_threadsafe(call)

    if not _listeners:
        _install()
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
        if not _listeners:
            _restore()


def _install() -> None:
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            _before[number] = signal.signal(number, _heard)


def _restore() -> None:
    while _before:
        number, before = _before.popitem()
        # None is what Python gives for one that was not installed from Python.
        signal.signal(number, signal.SIG_DFL if before is None else before)


def _heard(number: int, frame: FrameType | None) -> None:
    for listener in _listeners:
        listener()
