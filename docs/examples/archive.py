"""Archives every chat, and says what is new.

python docs/examples/archive.py --demo
python docs/examples/archive.py --to backup
"""

import argparse
import contextlib
import sys

from beeper_async.testing import Simulator
from beeper_sync import BeeperDesktop
from beeper_sync.archive import Archive


def main() -> int:
    """Read the options, update the archive, and return the exit code of the run."""
    parser = argparse.ArgumentParser(description="Archive every chat.")
    parser.add_argument("--demo", action="store_true", help="use a simulated app")
    parser.add_argument("--to", default="backup", help="folder of the archive")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        if options.demo:
            app = stack.enter_context(Simulator())
            client = BeeperDesktop(base_url=app.url, access_token=app.token)
        else:
            client = BeeperDesktop()
        stack.enter_context(client)
        archive = stack.enter_context(Archive.open(options.to))
        report = archive.update(client)
        print(f"{report.counts.new} new messages, {report.counts.changed} changed")
        for problem in archive.problems():
            print(f"{problem.kind}: {problem.error}", file=sys.stderr)
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
