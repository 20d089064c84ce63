"""`beeper-async archive verify DIR`."""

import sys
from pathlib import Path

import attrs
import click

from ..connection import Target, connect, target_options
from ..exit_codes import ExitCode
from ..help import Command
from ..output import json_of, print_json
from ..running import run_async
from ..text import clean
from .options import folder, json_lines


@click.command("verify", cls=Command)
@folder
@click.option("--against-app", is_flag=True, help="Compare with the app; nothing is written.")
@click.option("--files", is_flag=True, help="Read every file and compare its SHA-256.")
@click.option("--expiring", is_flag=True, help="Also chats with disappearing messages.")
@json_lines
@target_options
@run_async
async def command(
    folder: Path, against_app: bool, files: bool, expiring: bool, as_json: bool, target: Target
) -> ExitCode | None:
    """Check the archive in DIR. Exit code 0: nothing is wrong; 7: something is."""
    from beeper_async.archive import Archive

    async with Archive.open(folder, create=False) as archive:
        if against_app:
            async with connect(target, still=True) as client:
                result = await archive.verify_against_app(client, expiring=expiring)
        else:
            result = archive.verify(files=files)
    if as_json:
        print_json([json_of(attrs.asdict(result))])
        return ExitCode(result.exit_code)
    for chat_id, findings in result.by_chat().items():
        sys.stdout.write(f"{clean(chat_id or 'archive')}\n")
        for finding in findings:
            sys.stdout.write(
                f"  {finding.kind}: {clean(finding.text)} {clean(finding.key or '')}\n"
            )
    wrong = ", ".join(f"{count:,} {kind}" for kind, count in result.counts.items())
    sys.stdout.write(
        f"{result.messages:,} messages in {result.chats:,} chats, {result.files:,} files: "
        f"{wrong or 'nothing is wrong'}\n"
    )
    return ExitCode(result.exit_code)
