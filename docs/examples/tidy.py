"""Archives direct chats that have been quiet for a while.

python docs/examples/tidy.py --demo
python docs/examples/tidy.py --days 60          only says what it would do
python docs/examples/tidy.py --days 60 --yes
"""

import argparse
import contextlib
from datetime import UTC, datetime, timedelta

from beeper_async.testing import Simulator
from beeper_sync import BeeperDesktop


def tidy(client: BeeperDesktop, days: int, *, really: bool) -> int:
    """Archive what is older than `days`; return how many chats that were."""
    quiet = client.chats.search(
        inbox="primary",
        last_activity_before=datetime.now(UTC) - timedelta(days=days),
        type="single",
    )
    # All of them first: archiving takes chats out of the listing that is being read.
    chats = [chat for chat in quiet if not chat.is_pinned and not chat.unread_count]
    for chat in chats:
        if really:
            client.chats.archive(chat.id)
        print(f"{chat.last_activity:%Y-%m-%d}  {chat.title}")
    return len(chats)


def main() -> None:
    """Read the options and tidy up."""
    parser = argparse.ArgumentParser(description="Archive quiet chats.")
    parser.add_argument("--demo", action="store_true", help="use a simulated app")
    parser.add_argument("--days", type=int, default=2)
    parser.add_argument("--yes", action="store_true", help="do it, don't only say it")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        if options.demo:
            app = stack.enter_context(Simulator(now=datetime.now(UTC)))
            client = BeeperDesktop(base_url=app.url, access_token=app.token)
        else:
            client = BeeperDesktop()
        stack.enter_context(client)
        really = options.yes or options.demo
        count = tidy(client, options.days, really=really)
        print(f"{count} chats {'archived' if really else 'to archive; --yes does it'}")


if __name__ == "__main__":
    main()
