"""The commands, one file each, and what they share.

A command is a module with a `command`, made by `click.command(cls=Command)`. To add one, write the
module and its line in `group.COMMANDS`. It is imported when it is used, so it costs the other
commands nothing. It imports the client where it runs, because `--help` and completion need none.
"""

from typing import Final

PROG: Final = "beeper-async"
COMPLETION_VARIABLE: Final = "_BEEPER_ASYNC_COMPLETE"
"""The variable of the environment in which a shell's completion script requests completions."""
