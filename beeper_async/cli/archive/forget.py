"""`beeper-async archive forget DIR --chat CHAT`."""

import sys
from pathlib import Path

import click

from ..help import Command
from ..running import run_async
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
@run_async
async def command(folder: Path, chats: tuple[str, ...]) -> None:
    """Remove chats from the archive in DIR, with their versions, files and words."""
    from beeper_async.archive import Archive

    async with Archive.open(folder, create=False) as archive:
        for chat in chats:
            await archive.forget(chat)
    sys.stdout.write(f"{len(chats)} chats were removed.\n")
