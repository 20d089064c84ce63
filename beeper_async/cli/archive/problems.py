"""`beeper-async archive problems DIR`."""

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from ..exit_codes import ExitCode
from ..help import Command
from ..output import json_of, print_fields, print_json
from .options import folder, json_lines

if TYPE_CHECKING:
    from beeper_async.archive import Problem


@click.command("problems", cls=Command)
@folder
@click.option("--all", "everything", is_flag=True, help="Also those that are solved.")
@json_lines
def command(folder: Path, everything: bool, as_json: bool) -> ExitCode | None:
    """Show what could not be read. All of it is tried again in each run."""
    from beeper_async.archive.reader import ArchiveReader

    with closing(ArchiveReader.open(folder, create=False)) as archive:
        problems = archive.problems(open_only=not everything)
    if as_json:
        print_json(json_of(attrs.asdict(problem)) for problem in problems)
    else:
        print_fields(map(_fields, problems))
    if not problems:
        sys.stderr.write("No problems.\n")
    return ExitCode.PROBLEMS if any(not one.solved_run for one in problems) else None


def _fields(problem: "Problem") -> tuple[str, ...]:
    solved = "solved" if problem.solved_run else "open"
    return problem.kind, solved, problem.chat_id or "", problem.key, problem.error
