"""Live events put to the test for minutes: `nox -s soak`, or `python -m tests.soak --only storm`.

Two runs send 20,000 messages to 50 chats, and change some of them, through a proxy that breaks the
connection 200 times, one of them with restarts of the consumer. With `--server other` they run
against a server that shares no code with the simulator. The others look at handlers that take half
a minute, at connections that go silent, at live messages while 1,000 chats are read, and at the
memory over 500,000 events.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from attrs import evolve

from . import report
from .blocked import paused
from .memory import growing
from .recovery import waiting
from .runs import Size, through_a_storm
from .servers import ServerName
from .silence import noticing


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    size = Size()
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--messages", type=int, default=size.messages)
    parser.add_argument("--chats", type=int, default=size.chats)
    parser.add_argument("--faults", type=int, default=size.faults, help="how many of them at least")
    parser.add_argument("--restarts", type=int, default=3)
    parser.add_argument("--server", choices=["simulator", "other", "both"], default="both",
                        help="what the storms run against")  # fmt: skip
    parser.add_argument("--seed", type=int, default=size.seed)
    parser.add_argument("--deadline", type=float, default=size.deadline, help="in seconds")
    parser.add_argument("--only", choices=list(report.TITLES), action="append", metavar="PART",
                        help=f"one of {', '.join(report.TITLES)}; may be repeated")  # fmt: skip
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    parser.add_argument("--read", metavar="FILE", action="append",
                        help="run nothing, show what --json wrote; may be repeated")  # fmt: skip
    parser.add_argument("--docs", action="store_true", help="renew docs/reliability.md")
    return parser


def parts_of(options: argparse.Namespace) -> list[dict[str, Callable[[], Awaitable[Any]]]]:
    """List what can be run; what stands in one map is run at the same time, being mostly idle."""

    def storms(server: ServerName) -> dict[str, Callable[[], Awaitable[Any]]]:
        if options.server not in (server, "both"):
            return {}
        size = Size(
            server=server,
            messages=options.messages,
            chats=options.chats,
            faults=options.faults,
            seed=options.seed,
            deadline=options.deadline,
        )
        restarted = evolve(size, restarts=options.restarts, seed=options.seed + 1)
        end = "" if server == "simulator" else f"-{server}"
        return {
            f"storm{end}": lambda: through_a_storm(size),
            f"restarts{end}": lambda: through_a_storm(restarted),
        }

    return [
        storms("simulator"),
        storms("other"),
        {"awaits": lambda: paused("await")},
        {"blocks": lambda: paused("block")},
        {"busy": lambda: noticing(busy=True), "quiet": lambda: noticing(busy=False)},
        {"recovery": waiting},
        {"memory": growing},
    ]


async def run(options: argparse.Namespace) -> dict[str, Any]:
    """Run the parts that were asked for."""
    wanted = options.only or list(report.TITLES)
    found: dict[str, Any] = {}
    for together in parts_of(options):
        names = [name for name in together if name in wanted]
        if names:
            print(f"... {' and '.join(names)}", file=sys.stderr, flush=True)
        results = await asyncio.gather(*(together[name]() for name in names))
        found.update(zip(names, results, strict=True))
        if options.json:
            Path(options.json).write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return found


def main() -> None:
    """Run, show what came out, and fail if it is not as it should be."""
    parser = arguments()
    options = parser.parse_args()
    if options.read:
        found: dict[str, Any] = {}
        for file in options.read:
            found |= json.loads(Path(file).read_text("utf-8"))
    else:
        found = asyncio.run(run(options))
    print("\n".join(report.show(found)))
    if options.docs:
        report.write(found)
    sys.exit(not all(part["good"] for part in found.values()))


if __name__ == "__main__":
    main()
