"""Ctrl-C and SIGTERM, for those that want to end in good order."""

import signal
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from .._http.session import running_loop

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
# A terminal and a parent process may both send one for the same Ctrl-C.
_SECONDS_TO_HEAR: Final = 0.2

_listeners: list[Callable[[], object]] = []
_before: dict[signal.Signals, Any] = {}
_unheard_since: list[float] = []
"""When the first signal came that the event loop has not taken up yet; at most one."""


@contextmanager
def on_signals(call: Callable[[], object]) -> Generator[None]:
    """Call back in the event loop at each SIGINT and SIGTERM; several may listen at once.

    If the loop hangs, so that it has not even taken up a signal, the next one raises a
    KeyboardInterrupt where it hangs.

    Only the main thread receives signals; in any other this does nothing. What listened before is
    put back at the end, and what is ignored, as below nohup, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = running_loop()

    def in_loop() -> None:
        _unheard_since.clear()
        call()

    def listener() -> None:
        loop.call_soon_threadsafe(in_loop)

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
    _unheard_since.clear()
    while _before:
        number, before = _before.popitem()
        # None is what Python gives for one that was not installed from Python.
        signal.signal(number, signal.SIG_DFL if before is None else before)


def _heard(number: int, frame: FrameType | None) -> None:
    now = time.monotonic()
    if _unheard_since and now - _unheard_since[0] > _SECONDS_TO_HEAR:
        _unheard_since.clear()
        raise KeyboardInterrupt
    if not _unheard_since:
        _unheard_since.append(now)
    for listener in _listeners:
        listener()
