"""Coroutines that show where they run."""

import asyncio
import threading


async def echo(value: object, *, times: int = 1) -> list[object]:
    return [value] * times


async def current_thread() -> threading.Thread:
    return threading.current_thread()


async def current_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


class Recorder:
    """Something that lives in the loop thread."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.cleaned = threading.Event()
        self.started = threading.Event()

    async def clean(self) -> None:
        await asyncio.sleep(0)
        self.events.append("cleaned")
        self.cleaned.set()

    async def sleep(self) -> None:
        self.started.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            self.events.append("ended")
