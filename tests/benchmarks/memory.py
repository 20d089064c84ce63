"""Memory of a slow reader of 10,000 pages: `python -m tests.benchmarks.memory`.

Prints the resident memory of the reading process after every thousand pages.
"""

import asyncio

from beeper_async import AsyncBeeperDesktop, merge

from .growth import resident
from .measuring import serving

LISTINGS, PAGES, SIZE = 10, 1000, 20


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
                    print(f"{count:6} pages: {resident() / 1e6:6.1f} MB", flush=True)


def main() -> None:
    """Read from a server of its own."""
    with serving() as port:
        asyncio.run(read(port))


if __name__ == "__main__":
    main()
