"""The chat that a command is about: CHAT on the command line, found by `chats.resolve`."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import click

from beeper_async import Omit, omit

from .help import Section
from .values import words

if TYPE_CHECKING:
    from beeper_async import AsyncBeeperDesktop
    from beeper_async.models import Chat

T = TypeVar("T")

CHAT_SECTION: Final = Section(
    "CHAT",
    "Its title, its ID, or for a direct chat the name, @username, phone number (+44...) or email "
    "address of the other person. Case, and emoji and spaces at the end, do not count. If several "
    "chats match, nothing is done: they are printed, and the exit code is 6.",
)


class ChatChoice(NamedTuple):
    """Which chat a command is about."""

    text: str
    account: str | None = None
    network: str | None = None
    exact: bool = False

    @property
    def account_ids(self) -> list[str] | Omit:
        """The accounts that are searched, as `resolve` takes them."""
        return omit if self.account is None else [self.account]


def chat_argument(function: Callable[..., T]) -> Callable[..., T]:
    """Add CHAT and the options that narrow it; the command gets them as `choice`."""

    @click.argument("chat", metavar="CHAT", callback=words)
    @click.option("--account", metavar="ID", callback=words, help="Only chats of this account.")
    @click.option("--network", metavar="NAME", callback=words, help="Only chats of this network.")
    @click.option("--exact", is_flag=True, help="Compare CHAT character for character.")
    @functools.wraps(function)
    def collect(
        *, chat: str, account: str | None, network: str | None, exact: bool, **others: Any
    ) -> T:
        return function(choice=ChatChoice(chat, account, network, exact), **others)

    return collect


def json_option(function: Callable[..., T]) -> Callable[..., T]:
    """Add `--json`; the command gets it as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")(
        function
    )


async def find_chat(client: "AsyncBeeperDesktop", choice: ChatChoice) -> "Chat":
    """Find the chat, or raise the error that has the candidates."""
    return await client.chats.resolve(
        choice.text,
        account_ids=choice.account_ids,
        network=choice.network or omit,
        exact=choice.exact,
    )
