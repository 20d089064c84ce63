"""`beeper-async login`: get a token, in the browser or by hand, and store it."""

import sys
from typing import TYPE_CHECKING, Final

import click

from .exit_codes import ExitCode
from .help import Command, Section
from .running import run_async
from .text import clean
from .values import whole_number

if TYPE_CHECKING:
    from beeper_async.auth import OpenPage, StoredToken

_SECTIONS: Final = (
    Section(
        "Without a browser here",
        "The page can be opened on any machine whose browser reaches this one at 127.0.0.1, such "
        "as through ssh -L. Otherwise make a token in the app under Settings, Developers, and "
        "paste it with --token -.",
    ),
    Section(
        "Examples",
        lines=(
            "beeper-async login",
            "beeper-async login --read-only",
            "beeper-async login --profile work",
            "beeper-async login --token -",
        ),
    ),
)


@click.command("login", cls=Command, sections=_SECTIONS)
@click.option("--profile", metavar="NAME", help="Name to store the token under.")
@click.option("--read-only", is_flag=True, help="Request a token that may not send or change.")
@click.option(
    "--token",
    "pasted",
    metavar="-",
    help="Read a token that was made in the app, from the terminal or from standard input.",
)
@click.option("--no-browser", is_flag=True, help="Print the page's address, and open nothing.")
@click.option("--keyring", is_flag=True, help="Keep the token in the keyring of the system.")
@click.option(
    "--port",
    metavar="N",
    default="0",
    callback=whole_number(0),
    help="Port that the browser comes back to.  [default: a free one]",
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    default="120",
    show_default=True,
    callback=whole_number(1),
    help="How long to wait for the browser.",
)
@click.option("--base-url", metavar="URL", help="Where the app listens.  [default: it is found]")
@run_async
async def command(
    profile: str | None,
    read_only: bool,
    pasted: str | None,
    no_browser: bool,
    keyring: bool,
    port: int,
    timeout: int,
    base_url: str | None,
) -> ExitCode | None:
    """Log in: allow this program in the browser, and store the token."""
    from beeper_async.auth import login, login_with_token

    if pasted is None:
        stored = await login(
            base_url=base_url,
            profile=profile,
            scopes=["read"] if read_only else ["read", "write"],
            keyring=keyring,
            open_page=_opener(no_browser=no_browser),
            port=port,
            timeout=timeout,
        )
    elif pasted == "-":
        stored = await login_with_token(
            _read_token(), base_url=base_url, profile=profile, keyring=keyring
        )
    else:
        # Other users of the machine could have read it in the list of processes by now.
        raise click.UsageError("--token takes only -: a token must not stand on the command line")
    _tell(stored, profile)
    return None


def _opener(*, no_browser: bool) -> "OpenPage":
    from beeper_async.auth.browser import open_browser

    async def show(page: str) -> None:
        # The address itself stays on one line, and as it is, so that it can be copied.
        sys.stderr.write(f"Allow this program on the page of the app:\n{clean(page)}\n")
        sys.stderr.flush()
        if not no_browser and not await open_browser(page):
            sys.stderr.write("No browser could be opened: open the page by hand.\n")

    return show


def _read_token() -> str:
    if sys.stdin is not None and sys.stdin.isatty():
        text: str = click.prompt("Token", hide_input=True, err=True)
        return text
    line = sys.stdin.readline() if sys.stdin is not None else ""
    if not line.strip():
        raise click.UsageError("standard input holds no token")
    return line.strip()


def _tell(stored: "StoredToken", profile: str | None) -> None:
    import os

    scopes = " and ".join(clean(scope) for scope in stored.scopes) or "unknown"
    sys.stdout.write(f"Logged in to {stored.base_url}. The token may: {scopes}.\n")
    if stored.expires_at is not None:
        moment = stored.expires_at.astimezone().isoformat(" ", "minutes")
        sys.stdout.write(f"It expires {moment}.\n")
    if os.environ.get("BEEPER_ACCESS_TOKEN"):
        sys.stderr.write("BEEPER_ACCESS_TOKEN is set, and wins over the stored token.\n")
    if profile is not None and os.environ.get("BEEPER_PROFILE", "default") != profile:
        sys.stderr.write(f"To use it: export BEEPER_PROFILE={profile}\n")
