"""`beeper-async archive problems DIR`."""

import json
import sys
from contextlib import closing
from pathlib import Path

import attrs
import click

from ..exit_codes import ExitCode
from ..help import Command
from ..text import clean
from .options import folder, json_lines


@click.command("problems", cls=Command)
@folder
@click.option("--all", "everything", is_flag=True, help="Also those that are solved.")
@json_lines
def command(folder: Path, everything: bool, as_json: bool) -> ExitCode | None:
    """Show what could not be read. All of it is tried again in each run."""
    from beeper_async.archive.reader import ArchiveReader

    with closing(ArchiveReader.open(folder, create=False)) as archive:
        problems = archive.problems(open_only=not everything)
    for problem in problems:
        if as_json:
            sys.stdout.write(json.dumps(attrs.asdict(problem), default=str) + "\n")
            continue
        solved = "solved" if problem.solved_run else "open"
        fields = (problem.kind, solved, problem.chat_id or "", problem.key, problem.error)
        sys.stdout.write("\t".join(clean(one) for one in fields) + "\n")
    if not problems:
        sys.stderr.write("No problems.\n")
    return ExitCode.PROBLEMS if any(not one.solved_run for one in problems) else None
