"""`beeper-async doctor`: what works, and what to do where it does not."""

import sys
from typing import TYPE_CHECKING, Final

import click

from .exit_codes import ExitCode
from .help import Command, Section
from .running import run_async
from .text import clean

if TYPE_CHECKING:
    from beeper_async.auth import Check, Report

_MARKS: Final = {"fine": "ok", "doubtful": "?", "broken": "!"}
_CLEAR_LINE: Final = "\r\x1b[K"

# What is broken decides; the first area that is in the report.
_CODES: Final = {
    "app": ExitCode.UNAVAILABLE,
    "token": ExitCode.TOKEN,
    "setup": ExitCode.UNAVAILABLE,
    "events": ExitCode.UNAVAILABLE,
}

_SECTIONS: Final = (
    Section(
        "Marks",
        terms=(("ok", "fine"), ("?", "doubtful"), ("!", "broken")),
    ),
    Section(
        "Exit codes",
        "0 if nothing is broken, 3 if the token is, 4 if the app can't be reached or is not ready, "
        "7 if something else is.",
    ),
    Section(
        "Examples",
        lines=("beeper-async doctor", "beeper-async doctor --json"),
    ),
)


@click.command("doctor", cls=Command, sections=_SECTIONS)
@click.option("--profile", metavar="NAME", help="Name that the token is stored under.")
@click.option("--base-url", metavar="URL", help="Where the app listens.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with all checks.")
@run_async
async def command(profile: str | None, base_url: str | None, as_json: bool) -> ExitCode | None:
    """Check app, token, accounts and live events; the output holds no secret."""
    from beeper_async.auth import examine

    report = await examine(
        base_url=base_url,
        profile=profile,
        on_step=_show_step,
        on_check=_ignore if as_json else _show_check,
    )
    _clear()
    if as_json:
        from .output import json_of, print_json  # here, because `--help` needs none

        print_json([json_of(report.to_dict())])
    return exit_code_of_report(report)


def exit_code_of_report(report: "Report") -> ExitCode | None:
    """Return the exit code of a report; None if nothing is broken."""
    broken = {check.area for check in report.checks if check.verdict.value == "broken"}
    if not broken:
        return None
    return next((code for area, code in _CODES.items() if area in broken), ExitCode.PROBLEMS)


def _show_step(step: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{_CLEAR_LINE}Checking {step} …")
        sys.stderr.flush()


def _show_check(check: "Check") -> None:
    _clear()
    text = f"{check.found} {check.advice}".rstrip()
    sys.stdout.write(f"{_MARKS[check.verdict.value]:<3}{clean(text)}\n")
    sys.stdout.flush()


def _clear() -> None:
    if sys.stderr.isatty():
        sys.stderr.write(_CLEAR_LINE)
        sys.stderr.flush()


def _ignore(_: object) -> None:
    """Take a check that is printed later."""
