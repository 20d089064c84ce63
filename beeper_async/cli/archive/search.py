"""`beeper-async archive search DIR WORDS`."""

import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from ..exit_codes import ExitCode
from ..help import Command, Section
from ..message_text import content_of
from ..output import print_json
from ..text import clean
from ..values import whole_number
from .options import folder, json_lines, period

_SECTIONS: Final = (
    Section(
        "Words",
        'All words must be there. "two words" are found next to each other, word* at the '
        "beginning of a word. Case and accents do not count.",
    ),
    Section(
        "In a pipe or a file",
        "One message a line, fields separated by tabs: time, chat, sender, text.",
    ),
)


@click.command("search", cls=Command, sections=_SECTIONS)
@folder
@click.argument("words", nargs=-1, required=True)
@click.option("--chat", metavar="CHAT", help="ID, local ID or exact title of a chat.")
@click.option("--from", "sender", metavar="PERSON", help="User ID or exact name of the sender.")
@period
@click.option(
    "--limit",
    metavar="N",
    default="50",
    show_default=True,
    callback=whole_number(0),
    help="Maximum number of messages; 0 for all.",
)
@json_lines
def command(
    folder: Path,
    words: tuple[str, ...],
    chat: str | None,
    sender: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    as_json: bool,
) -> ExitCode | None:
    """Search the archive in DIR, newest messages first."""
    from beeper_async.archive.reader import ArchiveReader

    with closing(ArchiveReader.open(folder, create=False)) as archive:
        titles = {one.id: one.title for one in archive.chats()}
        found = 0
        for message in archive.search(
            " ".join(words),
            chat=chat,
            sender=sender,
            since=since,
            until=until,
            limit=limit or None,
        ):
            found += 1
            if as_json:
                print_json([message.to_json(indent=None)])
                continue
            fields = (
                f"{message.timestamp.astimezone():%Y-%m-%d %H:%M}",
                clean(titles.get(message.chat_id, "")),
                clean(message.sender_name or message.sender_id),
                clean(content_of(message)),
            )
            sys.stdout.write(("  " if sys.stdout.isatty() else "\t").join(fields) + "\n")
    if found:
        return None
    sys.stderr.write("Nothing was found.\n")
    return ExitCode.NOT_FOUND
