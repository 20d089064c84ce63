"""Our side of one scenario, for `--compare`: `python -m tests.benchmarks.compared PORT NAME`.

Goes once for each line that comes in, and prints what it cost.
"""

import gc
import sys

from .bench import OURS, Bench
from .scenarios import SCENARIOS


def main(port: int, name: str) -> None:
    """Go until standard input is closed."""
    scenario = next(one for one in SCENARIOS if one.name == name)
    with Bench(port) as bench:
        go = scenario.contenders[OURS](bench)
        for _ in sys.stdin:
            gc.collect()
            cost = go()
            print(cost.cpu, cost.wall, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
