"""Standard output whose encoding can't write everything."""

import codecs
import sys
from typing import Final

from . import PROG

_REPLACE: Final = "beeper-async-replace"


class _Replacement:
    """Writes a question mark for what an encoding lacks, and says so the first time."""

    def __init__(self) -> None:
        self._is_said = False

    def __call__(self, error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        if not self._is_said:
            self._is_said = True
            sys.stderr.write(
                f"{PROG}: the output's encoding is {error.encoding}: ? stands for what it lacks. "
                "PYTHONUTF8=1 writes UTF-8.\n"
            )
        return "?" * (error.end - error.start), error.end


def replace_what_cannot_be_written(name: str = _REPLACE) -> None:
    """Let standard output write a question mark for what its encoding lacks."""
    codecs.register_error(name, _Replacement())
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(errors=name)
