"""Runs programs of their own, which must succeed and be silent on stderr.

They run in dev mode with all warnings turned into errors.
"""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest

ROOT = Path(__file__).parents[2]
TIMEOUT = 60  # seconds after which something that should have ended counts as hanging
COMMAND = [sys.executable, "-X", "dev", "-W", "error"]

PATIENT = """
import logging

logging.getLogger("asyncio").setLevel(logging.ERROR)  # a slow machine is no failure
"""

PREAMBLE = """
import asyncio, os, signal, sys, threading
from beeper_sync import loop_thread, portal
from beeper_sync.portal import Lease

def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

async def echo(value):
    return value

async def say_cleanup():
    say("cleanup")
"""


class Address(Protocol):
    """A simulator, or whatever else a client can be sent to."""

    @property
    def url(self) -> str: ...
    @property
    def token(self) -> str: ...


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


def start(
    code: str, *flags: str, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start a program. It has a process group of its own, with its forked children."""
    return subprocess.Popen(
        [*COMMAND, *flags, "-c", code],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait for the end of a program, and return what it printed and complained about."""
    try:
        return process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        # Its forked children hold the pipes too.
        os.killpg(process.pid, signal.SIGKILL)
        output, errors = process.communicate()
        pytest.fail(f"the program hangs after {output!r}\n{errors}")


def run_script(script: str, *flags: str, before: str = "") -> list[str]:
    """Run a script that knows the portal; return what it printed."""
    process = start(before + PATIENT + PREAMBLE + textwrap.dedent(script), *flags)
    output, errors = finish(process)
    assert (process.returncode, errors) == (0, "")
    return output.splitlines()


def run_forking_script(script: str) -> list[str]:
    return run_script(script, "-W", "ignore:This process:DeprecationWarning")


def start_client(sim: Address, script: str, *flags: str) -> subprocess.Popen[str]:
    """Start a program whose clients find the simulator."""
    environment = {"BEEPER_ACCESS_TOKEN": sim.token, "BEEPER_BASE_URL": sim.url}
    return start(PATIENT + textwrap.dedent(script), *flags, environment=environment)


def run_client(sim: Address, script: str, *flags: str) -> tuple[int, str, str]:
    """Run a program whose clients find the simulator; return its status, output and complaints."""
    process = start_client(sim, script, *flags)
    output, errors = finish(process)
    return process.returncode, output, errors
