"""`beeper-async archive DIR`: bring an archive up to date, and keep it so."""

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ..connection import Target, connect, target_options
from ..exit_codes import ExitCode
from ..help import Command, Section
from ..running import run_async
from ..values import whole_number
from .options import file_size, folder, json_lines

if TYPE_CHECKING:
    from beeper_async.archive import Report, Sweep

_SECTIONS: Final = (
    Section(
        "What is compared",
        terms=(
            ("full", "every message, so that edits and deletions of any age are found"),
            ("rolling", "the newest ones, and for 20 minutes what was not compared the longest"),
            ("off", "nothing: only new messages are found"),
        ),
    ),
    Section(
        "Every night",
        "Run it from cron, systemd or launchd: docs/archive.md has the files. A run that is "
        "stopped continues with the next one.",
    ),
)


@click.command("update", cls=Command, sections=_SECTIONS)
@folder
@click.option("--watch", is_flag=True, help="Stay, and keep it current through live events.")
@click.option(
    "--sweep",
    type=click.Choice(["full", "rolling", "off"]),
    help="What is compared.  [default: full; rolling if that took over 20 minutes]",
)
@click.option("--no-files", is_flag=True, help="Don't fetch the files of messages.")
@click.option(
    "--max-file", metavar="SIZE", callback=file_size, help="Largest file to fetch, e.g. 100M."
)
@click.option("--chat", "chats", multiple=True, metavar="ID", help="Only this chat; repeatable.")
@click.option(
    "--account", "accounts", multiple=True, metavar="ID", help="Only this account; repeatable."
)
@click.option("--expiring", is_flag=True, help="Also chats with disappearing messages.")
@click.option(
    "--wait-for-app",
    metavar="SECONDS",
    default="900",
    show_default=True,
    callback=whole_number(0),
    help="How long to wait while the app is away.",
)
@json_lines
@target_options
@run_async
async def command(
    folder: Path,
    watch: bool,
    sweep: "Sweep | None",
    no_files: bool,
    max_file: int | None,
    chats: tuple[str, ...],
    accounts: tuple[str, ...],
    expiring: bool,
    wait_for_app: int,
    as_json: bool,
    target: Target,
) -> ExitCode | None:
    """Bring the archive in DIR up to date. The folder is made if it does not exist."""
    if watch and sweep:
        raise click.UsageError("--watch and --sweep can't be used together")
    from beeper_async.archive import Archive

    from .display import display, print_event, report_lines

    # What could not be read is in the archive, and the report counts it.
    logging.getLogger("beeper_async").addHandler(logging.NullHandler())

    def show_report(report: "Report") -> None:
        if as_json:
            print_event("report", report)
            return
        sys.stdout.write("\n".join(report_lines(report)) + "\n")
        sys.stdout.flush()

    async with connect(target, still=True) as client, Archive.open(folder) as archive:
        patient = client.with_options(wait_for_app=wait_for_app or None)
        with display(as_json=as_json) as show:
            if watch:
                await archive.watch(
                    patient,
                    chats=chats or None,
                    accounts=accounts or None,
                    expiring=expiring,
                    files=not no_files,
                    max_file=max_file,
                    progress=show,
                    on_report=show_report,
                )
            report = await archive.update(
                patient,
                sweep=sweep,
                chats=chats or None,
                accounts=accounts or None,
                expiring=expiring,
                files=not no_files,
                max_file=max_file,
                progress=show,
            )
    show_report(report)
    return ExitCode(report.exit_code)
