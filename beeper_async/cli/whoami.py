"""`beeper-async whoami`: which token is used, from where, and what it may do."""

import sys
from typing import TYPE_CHECKING, Any, Final

import click

from .exit_codes import ExitCode
from .help import Command, Section
from .running import run_async
from .text import clean

if TYPE_CHECKING:
    from beeper_async.auth import WhoAmI

_SECTIONS: Final = (
    Section(
        "Examples",
        lines=("beeper-async whoami", "beeper-async whoami --json"),
    ),
)


@click.command("whoami", cls=Command, sections=_SECTIONS)
@click.option("--profile", metavar="NAME", help="Name that the token is stored under.")
@click.option("--base-url", metavar="URL", help="Where the app listens.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@run_async
async def command(profile: str | None, base_url: str | None, as_json: bool) -> ExitCode | None:
    """Show which token is used, and what the app says of it."""
    from beeper_async.auth import whoami

    found = _fields(await whoami(base_url=base_url, profile=profile))
    if as_json:
        from .output import json_of, print_json  # here, because `--help` needs none

        print_json([json_of(found)])
    else:
        for name, value in found.items():
            shown = ", ".join(found["scopes"]) if name == "scopes" else _shown(value)
            sys.stdout.write(f"{name.replace('_', ' '):<12} {clean(shown) or '-'}\n")
    return None if found["active"] else ExitCode.TOKEN


def _fields(me: "WhoAmI") -> dict[str, Any]:
    expires = me.status.expires_at
    return {
        "base_url": me.access.base_url,
        "source": me.access.source,
        "profile": me.access.profile,
        "active": me.status.active,
        "scopes": list(me.status.scopes),
        "expires_at": expires and expires.isoformat(timespec="seconds"),
        "client_name": me.status.client_name,
    }


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
