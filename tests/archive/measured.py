"""How much an archive costs, in multiples of the plain walk through the same messages.

python -m tests.archive.measured --messages 200000 --chats 500 --rounds 3

The app runs in a process of its own. Contenders take turns, each in a new process, and CPU time is
what counts; a first walk before it is measured loads what is loaded once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beeper_async import AsyncBeeperDesktop
from beeper_async.archive import Archive
from beeper_sync import BeeperDesktop
from beeper_sync.archive import Archive as BlockingArchive

from .app import TOKEN, App
from .world import World

IN_FLIGHT = 8
CONTENDERS = ("walk", "first", "full", "off", "blocking")


def serve(chats: int, messages: int, latency: float) -> None:
    """Serve a world until standard input is closed."""
    with App(World(chats, messages)) as app:
        app.latency = latency
        print(app.url, flush=True)
        sys.stdin.read()


@contextmanager
def serving(chats: int, messages: int, latency: float = 0.0) -> Generator[str]:
    arguments = ["--serve", "--chats", chats, "--messages", messages, "--latency", latency]
    command = [sys.executable, "-m", __spec__.name, *map(str, arguments)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        assert server.stdin is not None
        server.stdin.close()


async def walk(client: AsyncBeeperDesktop) -> int:
    """Read every message, several chats at a time."""
    chats = iter([chat.id async for chat in client.chats.list(limit=200)])
    count = 0

    async def read() -> None:
        nonlocal count
        for chat_id in chats:
            async for _ in client.messages.list(chat_id):
                count += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(IN_FLIGHT):
            group.create_task(read())
    return count


async def contend(what: str, url: str, folder: Path) -> int:
    async with AsyncBeeperDesktop(base_url=url, access_token=TOKEN) as client:
        if what == "walk":
            return await walk(client)
        async with Archive.open(folder) as archive:
            sweep: Any = "off" if what == "off" else "full"
            report = await archive.update(client, sweep=sweep, in_flight=IN_FLIGHT)
            return report.messages


def contend_blocking(url: str, folder: Path) -> int:
    with (
        BeeperDesktop(base_url=url, access_token=TOKEN) as client,
        BlockingArchive.open(folder) as archive,
    ):
        return archive.update(client, in_flight=IN_FLIGHT).messages


def measure(what: str, url: str, small: str, folder: Path) -> None:
    """Do one thing, and print what it cost."""

    def run(address: str, path: Path) -> int:
        if what == "blocking":
            return contend_blocking(address, path)
        return asyncio.run(contend(what, address, path))

    with tempfile.TemporaryDirectory() as warm:
        run(small, Path(warm))
    wall, cpu = time.perf_counter(), time.process_time()
    count = run(url, folder)
    costs = {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "messages": count,
    }
    print(json.dumps(costs))


def measured(what: str, url: str, small: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", __spec__.name, "--measure", what, "--url", url]
    command += ["--small", small, "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    costs: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return costs


def compare(options: argparse.Namespace) -> None:
    """Let the contenders take turns, and print the ratios."""
    costs: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    sizes: list[int] = []
    with (
        serving(options.chats, options.messages) as url,
        serving(5, 200) as small,
        tempfile.TemporaryDirectory() as temporary,
    ):
        for number in range(options.rounds):
            folders = {name: Path(temporary) / f"{name}{number}" for name in CONTENDERS}
            folders["full"] = folders["off"] = folders["first"]
            for name in CONTENDERS:
                costs[name].append(measured(name, url, small, folders[name]))
            sizes.append((folders["first"] / "archive.db").stat().st_size)
    walk_cpu = [one["cpu"] for one in costs["walk"]]
    show: Callable[[str, list[float]], None] = lambda name, values: print(  # noqa: E731
        f"{name:<34}{statistics.median(values):8.2f}   ({min(values):.2f} to {max(values):.2f})"
    )
    show("plain walk, us of CPU a message", [c * 1e6 / options.messages for c in walk_cpu])
    for name, text in (
        ("first", "first run, of the walk"),
        ("blocking", "first run, blocking, of the walk"),
        ("full", "unchanged, full sweep, of the walk"),
    ):
        show(text, [one["cpu"] / w for one, w in zip(costs[name], walk_cpu, strict=True)])
    show("unchanged, sweep off, s", [one["wall"] for one in costs["off"]])
    show("memory of the first run, MB", [one["megabytes"] for one in costs["first"]])
    show("memory of a sweep, MB", [one["megabytes"] for one in costs["full"]])
    show("database, MB", [size / 1e6 for size in sizes])
    if options.latency:
        latency(options)


def latency(options: argparse.Namespace) -> None:
    """Compare a first run over an app that takes its time with the ideal."""
    with (
        serving(options.chats, options.messages, options.latency) as url,
        serving(5, 200) as small,
        tempfile.TemporaryDirectory() as folder,
    ):
        costs = measured("first", url, small, Path(folder))
    requests = options.messages / 20 + options.chats / 2
    ideal = requests * options.latency / IN_FLIGHT
    text = f"first run at {options.latency * 1000:.0f} ms, of the ideal"
    print(f"{text:<34}{costs['wall'] / ideal:8.2f}   ({costs['wall']:.1f} s, ideal {ideal:.1f} s)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, default=500)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--measure", choices=CONTENDERS)
    parser.add_argument("--url", default="")
    parser.add_argument("--small", default="")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.serve:
        serve(options.chats, options.messages, options.latency)
    elif options.measure:
        measure(options.measure, options.url, options.small, options.folder)
    else:
        compare(options)


if __name__ == "__main__":
    main()
