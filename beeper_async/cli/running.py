"""Running an async command."""

import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

from .exit_codes import ExitCode

P = ParamSpec("P")


def run_async(
    function: Callable[P, Coroutine[Any, Any, ExitCode | None]],
) -> Callable[P, ExitCode | None]:
    """Make an async function callable by click.

    Ctrl-C cancels it, so that it closes its connections, and then raises KeyboardInterrupt.

    Args:
        function: The command. It returns its exit code; None means done.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> ExitCode | None:
        import asyncio  # here, because `--help` and completion need none

        return asyncio.run(function(*args, **kwargs))

    return run
