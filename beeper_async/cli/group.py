"""The program: its commands by name, each imported when it is used."""

from importlib import import_module
from typing import TYPE_CHECKING, Final

import click

from beeper_async import __version__

from . import PROG
from .exit_codes import MEANINGS
from .help import Context, Formatter, Section

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS: Final = {
    "chats": "List chats, latest activity first.",
    "messages": "Show the newest messages of a chat.",
    "search": "Find messages.",
    "send": "Send a message.",
    "read": "Mark a chat as read.",
    "archive-chat": "Archive a chat.",
    "unarchive": "Bring an archived chat back.",
    "mute": "Mute a chat.",
    "remind": "Be reminded of a chat.",
    "open": "Show a chat in the app.",
    "contacts": "List contacts.",
    "accounts": "List connected accounts.",
    "watch": "Show messages as they arrive.",
    "login": "Log in with the browser, and store the token.",
    "logout": "Forget the stored token.",
    "whoami": "Show which token is used.",
    "doctor": "Check app, token and accounts.",
    "archive": "Keep all messages in a folder, and search them.",
    "completion": "Print the completion script for a shell.",
}
"""What each command does. `archive-chat` is the `command` of the module `archive_chat`."""

_SECTIONS: Final = (
    Section(
        "Try it without the app",
        lines=("beeper-async chats --demo", "beeper-async watch --demo"),
    ),
    Section(
        "See your own chats",
        terms=(
            ("1", "Start Beeper Desktop and switch its API on, under Settings, Developers."),
            ("2", "beeper-async login"),
            ("3", "beeper-async chats"),
        ),
    ),
    Section(
        "Exit codes",
        terms=[(str(code.value), meaning) for code, meaning in MEANINGS.items()],
    ),
)


class Group(click.Group):
    """A group that knows its commands by name, and imports the one that runs."""

    context_class: type[click.Context] = Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f".{cmd_name.replace('-', '_')}", __package__)
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was typed; an unknown one is answered with those there are."""
        name = args[0]
        if name not in COMMANDS and name[:1].isalnum() and not ctx.resilient_parsing:
            ctx.fail(f"No such command {name!r}. Commands: {', '.join(COMMANDS)}.")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the first steps and the exit codes."""
        if isinstance(formatter, Formatter):
            formatter.write_sections(_SECTIONS)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Complete the name of a command, without importing one."""
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=summary)
            for name, summary in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]


@click.group(
    PROG,
    cls=Group,
    no_args_is_help=False,  # an error in one line, as for anything else that is missing
    subcommand_metavar="COMMAND",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(
    __version__, message="%(prog)s %(version)s", help="Show the version and exit."
)
def group() -> None:
    """Your Beeper chats on the command line."""
