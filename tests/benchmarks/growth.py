"""How much memory 10,000 chats take: `python -m tests.benchmarks.growth ours|official URL`.

Runs in a process of its own. Prints how many chats there are, and by how many bytes the resident
memory has grown for them.
"""

import asyncio
import gc
import re
import sys
from pathlib import Path
from typing import Any


def resident() -> int:
    """Return the resident memory of this process in bytes."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1000


def client_of(who: str, url: str) -> Any:
    """Make a client of this library or of the official one."""
    if who == "ours":
        from beeper_async import AsyncBeeperDesktop

        return AsyncBeeperDesktop(access_token="t", base_url=url)
    from .bench import official_sdk

    return official_sdk().AsyncBeeperDesktop(access_token="t", base_url=url)


async def grow(client: Any) -> tuple[int, int]:
    """Keep all chats of a listing; the first page before makes sure that all code is loaded."""
    async with client:
        await client.chats.list()
        gc.collect()
        before = resident()
        chats = [chat async for chat in client.chats.list()]
        gc.collect()
        return len(chats), resident() - before


if __name__ == "__main__":
    print(*asyncio.run(grow(client_of(sys.argv[1], sys.argv[2]))))
