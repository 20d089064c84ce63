"""A run in a process of its own, to be killed. `python -m tests.archive.child FOLDER URL`."""

import asyncio
import sys
from pathlib import Path

from beeper_async import AsyncBeeperDesktop
from beeper_async.archive import Archive, Progress

from .app import TOKEN


def tell(progress: Progress) -> None:
    print(progress.phase, progress.counts.pages, flush=True)


async def main(folder: Path, url: str) -> None:
    async with (
        AsyncBeeperDesktop(base_url=url, access_token=TOKEN) as client,
        Archive.open(folder) as archive,
    ):
        await archive.update(client, progress=tell)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
