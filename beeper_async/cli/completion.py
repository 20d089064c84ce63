"""`beeper-async completion`: print the script that completes commands in a shell."""

from typing import Final

import click
from click.shell_completion import get_completion_class

from . import COMPLETION_VARIABLE, PROG
from .help import Command, Section

_SHELLS: Final = ("bash", "zsh", "fish")

_SECTIONS: Final = (
    Section("In ~/.bashrc", lines=('eval "$(beeper-async completion bash)"',)),
    Section("In ~/.zshrc, after compinit", lines=('eval "$(beeper-async completion zsh)"',)),
    Section("In ~/.config/fish/config.fish", lines=("beeper-async completion fish | source",)),
)


@click.command("completion", cls=Command, sections=_SECTIONS)
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script that completes commands and options in a shell."""
    cls = get_completion_class(shell)
    if cls is None:
        raise click.UsageError(f"There is no completion for {shell}", context)
    click.echo(cls(context.find_root().command, {}, PROG, COMPLETION_VARIABLE).source(), nl=False)
