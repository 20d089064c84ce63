"""Live events put to the test by an app that lies: `nox -s fuzz`, or `python -m tests.fuzz`.

Each seed is a game: random acts of an app on one side, a consumer of its events on the other. In
the end what the events show has to be what the app knows. A game takes hours by its own clock,
which only runs while nothing is to do.
"""

import argparse
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator

from .lies import Lies
from .picture import KINDS
from .player import Game, Result, play

_OTHERS = ("crashed", "undetectable", "seeds", "acts", "events", "requests", "restarts")


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seeds", type=int, default=200, help="how many seeds to play")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--seed", type=int, action="append", help="this seed; may be repeated")
    parser.add_argument("--acts", type=int, default=150, help="how many acts a seed has")
    parser.add_argument("--speed", type=float, default=1.0, help="of the stream's own checks")
    parser.add_argument("--lie", choices=[*Lies.names(), "none"], action="append", metavar="NAME",
                        help="this lie only; may be repeated; none is an honest app")  # fmt: skip
    parser.add_argument("--without", choices=Lies.names(), action="append", metavar="NAME",
                        help="leave this lie out; may be repeated")  # fmt: skip
    parser.add_argument("--keep-going", action="store_true", help="do not stop at a failing seed")
    parser.add_argument("--quiet", action="store_true", help="do not show what differs")
    parser.add_argument("--excuses", action="store_true", help="show what is undetectable, too")
    return parser


def lies_of(options: argparse.Namespace) -> Lies:
    """Return the lies that were asked for."""
    lies = Lies()
    if options.lie:
        lies = lies.only(*(name for name in options.lie if name != "none"))
    return lies.without(*(options.without or ()))


def counts_of(result: Result) -> Counter[str]:
    """Return the figures of a game."""
    return result.findings.counts + Counter(
        undetectable=len(result.findings.undetectable),
        seeds=1,
        acts=result.game.acts,
        events=len(result.delivered),
        requests=result.requests,
        restarts=result.restarts,
    )


def lines_of(result: Result, options: argparse.Namespace) -> Iterator[str]:
    """Describe what differs."""
    faults = [] if options.quiet else result.findings.faults
    excused = result.findings.undetectable if options.excuses else []
    if faults or excused:
        yield f"seed {result.game.seed}:"
    yield from (f"  {kind}: {line}" for kind, line in faults)
    yield from (f"  ({kind}): {line}" for kind, line in excused)


def main() -> None:
    """Play, show a table, and fail if anything in it is not 0."""
    options = arguments().parse_args()
    lies = lies_of(options)
    total: Counter[str] = Counter()
    failed: list[int] = []
    start = time.process_time()
    for seed in options.seed or range(options.first, options.first + options.seeds):
        try:
            result = play(Game(seed=seed, acts=options.acts, lies=lies, speed=options.speed))
        except Exception:
            traceback.print_exc()
            total["crashed"] += 1
            failed.append(seed)
        else:
            total.update(counts_of(result))
            failed += [seed] if result.findings.faults else []
            for line in lines_of(result, options):
                print(line, flush=True)
        if failed and not options.keep_going:
            break
    spent = time.process_time() - start
    for kind in (*KINDS, *_OTHERS):
        print(f"{kind:>14} {total[kind]:>8,}")
    print(f"{'acts a second':>14} {total['acts'] / spent:>8,.0f}")
    if failed:
        print("failing seeds:", *failed)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
