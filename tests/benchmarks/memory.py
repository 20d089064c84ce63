"""Memory of a slow reader of 10,000 pages: `python -m tests.benchmarks.memory`.

Prints the resident memory of the reading process after every thousand pages.
"""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

from beeper_async import AsyncBeeperDesktop, merge

LISTINGS, PAGES, SIZE = 10, 1000, 20


def resident() -> float:
    """Return the resident memory of this process in MB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1000


async def read(port: int) -> None:
    """Merge long listings and take longer over each page than the app needs to send it."""
    base = f"http://127.0.0.1:{port}/{PAGES}/{SIZE}/0"
    async with AsyncBeeperDesktop(access_token="t", base_url=base) as client:
        sources = {n: client.messages.list(str(n)) for n in range(LISTINGS)}
        async with merge(sources, in_flight=LISTINGS) as messages:
            count = 0
            async for _, _items in messages.pages():
                count += 1
                await asyncio.sleep(0.001)
                if count % 1000 == 0:
                    print(f"{count:6} pages: {resident():6.1f} MB", flush=True)


def main() -> None:
    """Start the server, read from it, stop it."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    assert server.stdin is not None
    try:
        asyncio.run(read(int(server.stdout.readline())))
    finally:
        server.stdin.close()
        server.wait()


if __name__ == "__main__":
    main()
