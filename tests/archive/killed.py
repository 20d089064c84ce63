"""Kills runs with SIGKILL at random moments, and compares what the last one leaves with the app.

python -m tests.archive.killed --messages 200000 --chats 500 --kills 10
"""

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from beeper_async import AsyncBeeperDesktop
from beeper_async.archive import Archive, Report

from .app import App
from .judge import differences
from .world import World


def start(folder: Path, url: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.archive.child", str(folder), url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def run_and_kill(folder: Path, url: str, pages: int) -> bool:
    """Start a run, and kill it after so many pages; return whether it was killed in time."""
    process = start(folder, url)
    assert process.stdout is not None
    with process, process.stdout:
        for line in process.stdout:
            phase, read = line.split()
            if phase != "done" and int(read) >= pages:
                process.kill()
                return True
        return False


async def finish(folder: Path, app: App) -> Report:
    async with (
        AsyncBeeperDesktop(base_url=app.url, access_token=app.token) as client,
        Archive.open(folder) as archive,
    ):
        return await archive.update(client)


def kill_runs(chats: int, messages: int, kills: int, seed: int, folder: Path) -> list[str]:
    """Kill first runs, then runs over a changed world; return what is wrong in the end."""
    chance = random.Random(seed)
    world = World(chats, messages, seed)
    pages = messages // 20 + chats
    problems: list[str] = []
    with App(world) as app:
        for round_name in ("first", "later"):
            killed = 0
            for number in range(kills):
                begun = time.monotonic()
                killed += run_and_kill(folder, app.url, chance.randrange(pages // 2))
                if round_name == "later":
                    world_change = messages // 200
                    app.call(lambda: world.change(world_change))  # noqa: B023
                print(f"{round_name} {number}: {time.monotonic() - begun:.1f} s", flush=True)
            report = asyncio.run(finish(folder, app))
            found = differences(folder, world)
            print(f"{round_name}: {killed} of {kills} killed, {report.counts}, {found}", flush=True)
            if found:
                problems.append(f"{round_name}: {found}")
            if not killed:
                problems.append(f"{round_name}: no run was killed")
            app.call(lambda: world.change(messages // 50))
    return problems


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, default=500)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    print(f"--seed {options.seed}")
    with tempfile.TemporaryDirectory() as folder:
        problems = kill_runs(
            options.chats, options.messages, options.kills, options.seed, Path(folder)
        )
    print(*problems, sep="\n")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
