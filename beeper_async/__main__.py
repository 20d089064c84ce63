"""The command line: `python -m beeper_async`, or `beeper-async` once installed."""

import argparse
import asyncio
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from beeper_async import BeeperDesktopError, ConfigurationError, InvalidInputError, __version__

from .cli import chats, watch
from .cli.text import clean, shorten

_PROG = "beeper-async"
_LONGEST_COMPLAINT = 600

_EPILOG = """\
to try it with invented chats, without the app:
  beeper-async chats --demo
  beeper-async watch --demo

to see your own:
  1. Start Beeper Desktop and switch its API on, under Settings, Developers.
  2. Make an access token there, under Approved connections.
  3. export BEEPER_ACCESS_TOKEN=...
  4. beeper-async chats

exit codes:
  0    done
  1    the app could not be reached, or refused
  2    a wrong option or setting
  130  stopped with Ctrl-C
"""


class _Parser(argparse.ArgumentParser):
    """Complains in one line, without the usage that argparse puts in front of it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {clean(message)}; see --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code of the process."""
    _prepare_stdout()
    try:
        try:
            return _run(arguments)
        finally:
            # Here, not at exit, for here a full disk or a closed pipe can still be handled.
            sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _abandon_stdout()
        return 0  # the reader, such as `head`, has seen enough
    except OSError as error:
        _abandon_stdout()
        return _complain(error.strerror or str(error), 1)


def _run(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    try:
        asyncio.run(options.run(options))
    except (ConfigurationError, InvalidInputError) as error:
        return _complain(str(error), 2)
    except BeeperDesktopError as error:
        return _complain(str(error), 1)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=_PROG,
        description="Your Beeper chats on the command line.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{_PROG} {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, command in {"chats": chats, "watch": watch}.items():
        command.configure(
            commands.add_parser(
                name,
                help=command.SUMMARY,
                formatter_class=argparse.RawDescriptionHelpFormatter,
                allow_abbrev=False,
            )
        )
    return parser


def _complain(text: str, code: int) -> int:
    # It can hold words of the app, which are as little to be trusted as a chat's title.
    sys.stderr.write(f"{_PROG}: {shorten(clean(text), _LONGEST_COMPLAINT)}\n")
    return code


def _prepare_stdout() -> None:
    if sys.stdout is None:  # closed by whoever started the process
        sys.stdout = io.TextIOWrapper(io.BytesIO(), "utf-8")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that can't show an emoji gets a question mark, not a UnicodeEncodeError.
        sys.stdout.reconfigure(errors="replace")


def _abandon_stdout() -> None:
    """Send what is still buffered nowhere, or the interpreter would fail on it at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
