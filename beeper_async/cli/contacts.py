"""`beeper-async contacts`: list the contacts of all accounts, or find some."""

import sys
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Final

import click

from beeper_async import omit

from .chat_argument import json_option
from .connection import Target, connect, target_options
from .exit_codes import ExitCode
from .help import Command, Section
from .running import run_async
from .text import clean
from .values import whole_number, words

if TYPE_CHECKING:
    from beeper_async import AsyncBeeperDesktop
    from beeper_async.models import Contact

_SCREENFUL: Final = "25"
_LARGEST_PAGE: Final = 200

_SECTIONS: Final = (
    Section(
        "In a pipe or a file",
        "One contact a line, fields separated by tabs, not cut off, without a heading:",
        terms=(
            ("1", "name"),
            ("2", "network"),
            ("3", "phone number"),
            ("4", "username"),
            ("5", "email address"),
            ("6", "user ID"),
            ("7", "account ID"),
        ),
    ),
    Section(
        "Examples",
        lines=(
            "beeper-async contacts --demo",
            "beeper-async contacts --search ann",
            "beeper-async contacts --limit 0 --json",
        ),
    ),
)


@click.command("contacts", cls=Command, sections=_SECTIONS)
@click.option("--search", metavar="TEXT", callback=words, help="Only contacts with these words.")
@click.option("--account", metavar="ID", callback=words, help="Only contacts of this account.")
@click.option(
    "--limit",
    metavar="N",
    default=_SCREENFUL,
    show_default=True,
    callback=whole_number(0),
    help="Maximum number of contacts; 0 for all.",
)
@json_option
@target_options
@run_async
async def command(
    search: str | None, account: str | None, limit: int, as_json: bool, target: Target
) -> ExitCode | None:
    """List contacts, one account after the other."""
    from .output import printer
    from .people_output import CONTACTS

    show = printer(CONTACTS, as_json=as_json)
    left = limit or sys.maxsize
    found = 0
    async with connect(target) as client:
        async for page in _pages(client, search, account):
            shown = page[: left - found]
            show(shown)
            sys.stdout.flush()
            found += len(shown)
            if found == left:
                break
    if found:
        return None
    if search is None:
        sys.stderr.write("No contacts.\n")
        return None
    sys.stderr.write(f"No contacts for: {clean(search)}\n")
    return ExitCode.NOT_FOUND


async def _pages(
    client: "AsyncBeeperDesktop", search: str | None, account: str | None
) -> "AsyncIterator[Sequence[Contact]]":
    from beeper_async import NotFoundError
    from beeper_async.models import Contact

    accounts = {one.account_id: one.network for one in await client.accounts.list()}
    for account_id in accounts if account is None else [account]:
        network = accounts.get(account_id)
        listing = client.accounts.contacts.list(
            account_id, limit=_LARGEST_PAGE, query=search or omit
        )
        try:
            async for page in listing.iter_pages():
                yield [
                    Contact(account_id=account_id, user=user, network=network)
                    for user in page.items
                ]
        except NotFoundError:
            if account is not None:
                raise  # of all accounts, some have no contacts
