"""What only a fresh process can show: importing, the way to a first answer, memory."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from .bench import FLOOR, OFFICIAL, OURS, Bench, Cost, Go, Goal, Scenario
from .requests import BASE

ROOT: Final = Path(__file__).parents[2]
CHATS: Final = 10_000


def fresh(*arguments: str) -> tuple[Cost, list[str]]:
    """Run this Python; return its time until its first line was there, and the words of that.

    The CPU time is that of the whole process, its end included.
    """
    # Compiled code is kept, as it is for whoever has installed the packages.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    start, cpu = time.perf_counter(), _cpu_of_children()
    with subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - start
    if process.returncode or not line:
        raise RuntimeError(f"python {' '.join(arguments)} failed")
    return Cost(_cpu_of_children() - cpu, seconds), line.split()


def _cpu_of_children() -> float:
    used = os.times()
    return used.children_user + used.children_system


_IMPORT = """
import time
cpu, wall = time.process_time(), time.perf_counter()
{code}
print(time.process_time() - cpu, time.perf_counter() - wall)
"""


def _importing(code: str) -> Callable[[Bench], Go]:
    """Time the import itself, inside of the process."""

    def go() -> Cost:
        cpu, wall = map(float, fresh("-c", _IMPORT.format(code=code))[1])
        return Cost(cpu, wall)

    return lambda _: go


def _client(module: str, name: str = "BeeperDesktop") -> str:
    return f"from {module} import {name}\n{name}(access_token='t')"


_ASYNC = """
import asyncio
from {module} import AsyncBeeperDesktop

async def main():
    async with AsyncBeeperDesktop(access_token="t", base_url="{url}") as client:
        print((await client.chats.retrieve("1")).id, flush=True)

asyncio.run(main())
"""

_BLOCKING = """
from {module} import BeeperDesktop

with BeeperDesktop(access_token="t", base_url="{url}") as client:
    print(client.chats.retrieve("1").id, flush=True)
"""

_BARE = """
import asyncio
import aiohttp
import orjson

async def main():
    async with aiohttp.ClientSession() as session:
        answer = await session.request("GET", "{url}/v1/chats/1")
        print(orjson.loads(await answer.read())["id"], flush=True)

asyncio.run(main())
"""


def _first_answer(script: str, module: str, bench: Bench) -> Go:
    code = script.format(module=module, url=bench.root + BASE)

    def go() -> Cost:
        cost, words = fresh("-c", code)
        if words != ["!chat_1:local-whatsapp.localhost"]:
            raise AssertionError(words)
        return cost

    return go


def _growing(who: str, bench: Bench) -> Go:
    def go() -> Cost:
        _, (count, grown) = fresh(
            "-m", "tests.benchmarks.growth", who, f"{bench.root}/{CHATS // 200}/200/0"
        )
        if int(count) != CHATS:
            raise AssertionError(count)
        return Cost(float(grown), float(grown))

    return go


def _start(name: str, script: str, module: str) -> Scenario:
    return Scenario(
        name,
        {
            OURS: partial(_first_answer, script, module),
            OFFICIAL: partial(_first_answer, script, "beeper_desktop_api"),
            FLOOR: partial(_first_answer, _BARE, ""),
        },
        (Goal(OFFICIAL, 0.85, 0.72, faster=False), Goal(FLOOR, faster=False)),
    )


SCENARIOS: Final = (
    Scenario(
        "import, the official one with a client",
        {
            OURS: _importing("import beeper_async"),
            OFFICIAL: _importing(_client("beeper_desktop_api")),
        },
        (Goal(OFFICIAL, 0.25, 0.16, faster=False),),
    ),
    Scenario(
        "import and make a client",
        {
            OURS: _importing(_client("beeper_async", "AsyncBeeperDesktop")),
            OFFICIAL: _importing(_client("beeper_desktop_api", "AsyncBeeperDesktop")),
        },
        (Goal(OFFICIAL, faster=False),),
    ),
    _start("from start to first answer, async", _ASYNC, "beeper_async"),
    _start("from start to first answer, blocking", _BLOCKING, "beeper_sync"),
    Scenario(
        "memory of 10,000 chats",
        {OURS: partial(_growing, "ours"), OFFICIAL: partial(_growing, "official")},
        (Goal(OFFICIAL, 0.31, 0.28, faster=False),),
        unit="MB",
        most_rounds=3,
    ),
)
