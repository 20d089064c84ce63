"""`beeper-async archive forget DIR --chat CHAT`."""

import sys
from pathlib import Path

import click

from ..help import Command
from .options import folder


@click.command("forget", cls=Command)
@folder
@click.option(
    "--chat",
    "chats",
    multiple=True,
    required=True,
    metavar="CHAT",
    help="ID, local ID or exact title; repeatable.",
)
def command(folder: Path, chats: tuple[str, ...]) -> None:
    """Remove chats from the archive in DIR, with their versions, files and words."""
    from beeper_sync.archive import Archive

    with Archive.open(folder, create=False) as archive:
        for chat in chats:
            archive.forget(chat)
    sys.stdout.write(f"{len(chats)} chats were removed.\n")
