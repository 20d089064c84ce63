"""The command line: `python -m beeper_async`, or `beeper-async` once installed."""

import io
import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from .cli import COMPLETION_VARIABLE, PROG
from .cli.encoding import replace_what_cannot_be_written
from .cli.exit_codes import ExitCode, exit_code_of
from .cli.group import group
from .cli.text import clean, shorten
from .errors import BeeperDesktopError, ResolveError

_LONGEST_COMPLAINT: Final = 600


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code of the process."""
    _prepare_stdout()
    try:
        try:
            return _run(sys.argv[1:] if arguments is None else list(arguments))
        finally:
            # Here, not at exit, for here a full disk or a closed pipe can still be handled.
            sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _abandon_stdout()
        return ExitCode.DONE  # the reader, such as `head`, has seen enough
    except OSError as error:
        _abandon_stdout()
        return _complain(PROG, error.strerror or str(error), exit_code_of(error))


def _run(arguments: list[str]) -> int:
    if instruction := os.environ.get(COMPLETION_VARIABLE):
        from click.shell_completion import shell_complete

        return shell_complete(group, {}, PROG, COMPLETION_VARIABLE, instruction)
    try:
        # Not group(): it prints errors over several lines, and something at Ctrl-C.
        with group.make_context(PROG, arguments) as context:
            code: int | None = group.invoke(context)
        return ExitCode.DONE if code is None else code
    except click.exceptions.Exit as done:  # --help, --version
        return done.exit_code
    except click.UsageError as error:
        place = error.ctx.command_path if error.ctx else PROG
        problem = clean(error.format_message()).rstrip(".")
        hint = " See --help" if problem.endswith("?") else "; see --help"
        return _complain(place, problem + hint, ExitCode.USAGE)
    except click.ClickException as error:
        return _complain(PROG, error.format_message(), ExitCode.ERROR)
    except ResolveError as error:
        return _complain_of_matches(error)
    except BeeperDesktopError as error:
        return _complain(PROG, str(error), exit_code_of(error))


def _complain(place: str, text: str, code: int) -> int:
    # It can hold words of the app, which are as little to be trusted as a chat's title.
    sys.stderr.write(f"{place}: {shorten(clean(text), _LONGEST_COMPLAINT)}\n")
    return code


def _complain_of_matches(error: ResolveError) -> int:
    from .cli.candidates import candidate_lines, complaint

    code = _complain(PROG, complaint(error), exit_code_of(error))
    sys.stderr.writelines(f"{line}\n" for line in candidate_lines(error))
    return code


def _prepare_stdout() -> None:
    if sys.stdout is None:  # closed by whoever started the process
        sys.stdout = io.TextIOWrapper(io.BytesIO(), "utf-8")
    replace_what_cannot_be_written()


def _abandon_stdout() -> None:
    """Send what is still buffered nowhere, or the interpreter would fail on it at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
