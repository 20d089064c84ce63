"""`beeper-async logout`: forget a token, and have the app refuse it."""

import sys
from typing import Final

import click

from .exit_codes import ExitCode
from .help import Command, Section
from .running import run_async

_SECTIONS: Final = (
    Section(
        "Examples",
        lines=("beeper-async logout", "beeper-async logout --profile work"),
    ),
)


@click.command("logout", cls=Command, sections=_SECTIONS)
@click.option("--profile", metavar="NAME", help="Name that the token is stored under.")
@run_async
async def command(profile: str | None) -> ExitCode | None:
    """Forget the stored token, and have the app refuse it from now on."""
    from beeper_async.auth import logout

    gone = await logout(profile)
    if gone is None:
        sys.stderr.write("There was no stored token.\n")
        return ExitCode.NOT_FOUND
    sys.stdout.write(f"Logged out: the profile {gone.profile} has no token any more.\n")
    if not gone.revoked:
        sys.stderr.write(
            "The app could not be told. Remove the token in the app under Settings, Developers.\n"
        )
        return ExitCode.PROBLEMS
    return None
