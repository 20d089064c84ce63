"""`beeper-async archive`: its commands, each imported when it is used.

`archive DIR` updates the archive; every other command follows the word `archive`. A folder that is
called like a command is written with its path: `./status`.
"""

from importlib import import_module
from typing import Final

import click

from ..help import Context, Formatter, Section

COMMANDS: Final = {
    "update": "Bring the archive up to date. The default.",
    "status": "Show what the archive holds and lacks.",
    "search": "Search messages.",
    "export": "Write messages as HTML, Markdown, CSV or JSON Lines.",
    "verify": "Check the archive.",
    "problems": "Show what could not be read.",
    "forget": "Remove a chat from the archive.",
}
"""What each command does."""

_DEFAULT: Final = "update"
_SECTIONS: Final = (
    Section(
        "Examples",
        lines=(
            "beeper-async archive mine --demo",
            "beeper-async archive mine",
            "beeper-async archive status mine",
            "beeper-async archive search mine cake",
        ),
    ),
)


class ArchiveGroup(click.Group):
    """The commands of archives; what is none of them is the folder of an archive to update."""

    context_class: type[click.Context] = Context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, with the default command put in."""
        is_help = args[:1] in (["-h"], ["--help"])
        if args and args[0] not in COMMANDS and not is_help:
            args = [_DEFAULT, *args]
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f".{cmd_name}", __package__).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        if isinstance(formatter, Formatter):
            formatter.write_sections(_SECTIONS)


@click.group(
    "archive",
    cls=ArchiveGroup,
    no_args_is_help=False,
    subcommand_metavar="[COMMAND] DIR",
    options_metavar="",
    context_settings={"help_option_names": ["-h", "--help"]},
)
def command() -> None:
    """All your messages in a folder: complete, searchable, up to date."""
