"""Runs pytest again and again, each time in a fork that has everything else imported already.

Started as a script in a workspace. Reads a JSON object a line: arguments, the file for the output,
and the seconds to wait; writes the exit code a line, or "hang".
"""

import json
import os
import signal
import sys
from pathlib import Path

import aiohttp
import aioresponses
import anyio
import attrs
import cattrs
import orjson
import pytest
import pytest_asyncio
from hypothesis import strategies

PRELOADED = (
    aiohttp.web, aioresponses, anyio, attrs, cattrs, strategies, orjson, pytest_asyncio,
)  # fmt: skip


def run(arguments: list[str], output: str) -> None:
    """Run pytest in this process, which ends with it."""
    os.setsid()
    log = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    null = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, null), (1, log), (2, log)):
        os.dup2(source, target)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    sys.path.insert(0, str(Path.cwd()))
    code = 70
    try:
        code = int(pytest.main(arguments))
        sys.stdout.flush()
    finally:
        os._exit(code)  # threads that a mutant has left running must not hold it up


def main() -> None:
    """Fork for each line."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            run(asked["arguments"], asked["output"])
        ended = signal.sigtimedwait({signal.SIGCHLD}, asked["limit"])
        if ended is None:
            os.killpg(child, signal.SIGKILL)
            signal.sigwait({signal.SIGCHLD})
        _, status = os.waitpid(child, 0)
        print("hang" if ended is None else os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
