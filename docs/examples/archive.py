"""Saves chats, messages and attachments, and goes on where an earlier run was stopped.

python docs/examples/archive.py --demo
python docs/examples/archive.py --to archive
python docs/examples/archive.py --to archive --no-files

For each chat there is a file of messages, one a line, oldest first of each run. `newest.json` says
how far each chat is saved.
"""

import argparse
import contextlib
import hashlib
import json
from pathlib import Path

from beeper_async.testing import Simulator
from beeper_sync import APIStatusError, BeeperDesktop
from beeper_sync.models import Attachment, Chat, Message


class Archive:
    """A folder with what was saved so far."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._state = folder / "newest.json"
        text = self._state.read_text("utf-8") if self._state.exists() else "{}"
        self.newest: dict[str, str] = json.loads(text)

    def add(self, chat: Chat, messages: list[Message]) -> None:
        """Append messages of a chat, oldest first."""
        with self.file_of(chat.id, ".jsonl").open("a", encoding="utf-8") as file:
            for message in messages:
                file.write(message.to_json(indent=None) + "\n")
        if messages:
            self.newest[chat.id] = messages[-1].sort_key
        # After the messages: they may come twice, but none is lost.
        unfinished = self._state.with_suffix(".part")
        unfinished.write_text(json.dumps(self.newest), "utf-8")
        unfinished.replace(self._state)

    def file_of(self, name: str, ending: str) -> Path:
        """A path for something with an ID; IDs may hold anything, file names not."""
        return self.folder / (hashlib.sha256(name.encode()).hexdigest()[:16] + ending)


def missing(client: BeeperDesktop, archive: Archive, chat: Chat) -> list[Message]:
    """Fetch the messages of a chat that are not saved yet, oldest first."""
    known = archive.newest.get(chat.id)
    if known is None:
        messages = client.messages.list(chat.id)
    else:
        messages = client.messages.list(chat.id, cursor=known, direction="after")
    return sorted(messages, key=lambda message: int(message.sort_key))


def fetch(client: BeeperDesktop, archive: Archive, attachment: Attachment) -> bool:
    """Fetch a file unless it is there; tell whether it was fetched."""
    if attachment.id is None:
        return False
    # The name comes from whoever sent it: only its ending is taken.
    target = archive.file_of(attachment.id, Path(attachment.file_name or "").suffix)
    if target.exists():
        return False
    try:
        client.assets.serve(url=attachment.id).write_to(target)
    except APIStatusError as error:
        print(f"no file for {attachment.id}: {error.status_code}")
        return False
    return True


def save(client: BeeperDesktop, archive: Archive, *, files: bool) -> None:
    """Save what is missing and say how far it is."""
    count = 0
    for number, chat in enumerate(client.chats.list(limit=200), 1):
        messages = missing(client, archive, chat)
        # Files first: a run that stops here comes back to these messages.
        attachments = [one for message in messages for one in message.attachments or []]
        fetched = sum(fetch(client, archive, one) for one in attachments) if files else 0
        archive.add(chat, messages)
        count += len(messages)
        if messages:
            print(f"{number:4} chats, {count:6} messages, {fetched} files of {chat.title[:40]!r}")
    print(f"{count} new messages in {archive.folder}")


def main() -> None:
    """Read the options and save."""
    parser = argparse.ArgumentParser(description="Save every chat with its messages.")
    parser.add_argument("--demo", action="store_true", help="use a simulated app")
    parser.add_argument("--to", type=Path, default=Path("archive"), help="folder to save in")
    parser.add_argument("--no-files", action="store_true", help="leave attachments out")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        if options.demo:
            app = stack.enter_context(Simulator())
            client = BeeperDesktop(base_url=app.url, access_token=app.token)
        else:
            client = BeeperDesktop()
        stack.enter_context(client)
        save(client, Archive(options.to), files=not options.no_files)


if __name__ == "__main__":
    main()
