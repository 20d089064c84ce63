"""Run the simulator on its own: ``python -m beeper_async.testing``."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from .simulator import Simulator


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m beeper_async.testing",
        description="A stand-in for the Beeper Desktop app, with invented people in it.",
    )
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any)")
    parser.add_argument("--app-version", default="4.3.73", help="app version to behave like")
    parser.add_argument("--token", default="demo-token", help="access token to accept")
    parser.add_argument("--chats", type=int, help="this many generated chats, not the demo ones")
    parser.add_argument(
        "--chatter",
        type=float,
        nargs="?",
        const=5.0,
        metavar="SECONDS",
        help="let somebody say something every so many seconds (5 unless given)",
    )
    parser.add_argument(
        "--fixed-time", action="store_true", help="the same times in every run, not around now"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        simulator = Simulator(
            token=options.token,
            app_version=options.app_version,
            chats=options.chats,
            port=options.port,
            now=None if options.fixed_time else datetime.now(UTC),
            chatter=options.chatter,
        )
    except ValueError as error:
        parser.error(str(error))
    try:
        with simulator:
            sys.stdout.write(
                f"Simulated Beeper Desktop {simulator.app_version} at {simulator.url}\n"
                f"Access token: {simulator.token}\n\n"
                f"export BEEPER_BASE_URL={shlex.quote(simulator.url)}\n"
                f"export BEEPER_ACCESS_TOKEN={shlex.quote(simulator.token)}\n"
            )
            sys.stdout.flush()
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        parser.exit(1, f"{parser.prog}: {error}\n")


if __name__ == "__main__":
    raise SystemExit(main())
