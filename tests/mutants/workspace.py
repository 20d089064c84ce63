"""A copy of the project in which one mutant at a time is tried. The work tree is never changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from .operators import Mutant

_COPIED: Final = ("beeper_async", "beeper_sync", "tests", "docs", "pyproject.toml", "README.md",
                  "CHANGELOG.md", "noxfile.py")  # fmt: skip
_ZYGOTE: Final = Path(__file__).with_name("zygote.py")
_PATIENCE: Final = 30.0
"""Seconds that tests get, whatever they take without a change."""
_SLOWER: Final = 5.0
"""How many times slower than without a change they may be; more counts as a hang."""
# What is left open is found by chance, and blamed on whichever test runs then: it kills no mutant.
_ARGUMENTS: Final = ("-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider",
                     "--hypothesis-seed=0", "-W", "ignore::pytest.PytestAssertRewriteWarning",
                     "-W", "default::pytest.PytestUnraisableExceptionWarning")  # fmt: skip
_HANG: Final = "hang"


class Workspace:
    """A copy of the project, and a process that runs tests in it."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.folder = folder
        self._output = folder / "output"
        for name in _COPIED:
            source = project / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy(source, folder / name)
        self._zygote = subprocess.Popen(
            [sys.executable, _ZYGOTE],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._zygote.communicate()

    def kills(self, mutant: Mutant, tests: list[str], seconds: float) -> str | None:
        """Try a mutant; gives how it was noticed, or None if it was not."""
        limit = _PATIENCE + _SLOWER * seconds
        noticed = self._try(mutant, tests, limit)
        # A busy machine is no hang.
        while noticed == _HANG and self._run(tests, limit / 2) == _HANG:
            limit *= 2
            noticed = self._try(mutant, tests, limit)
        return noticed

    def _try(self, mutant: Mutant, tests: list[str], limit: float) -> str | None:
        path = self.folder / mutant.path
        source = path.read_bytes()
        try:
            self._write(path, mutant.apply(source))
            return self._run(tests, limit)
        finally:
            self._write(path, source)

    def _write(self, path: Path, source: bytes) -> None:
        path.write_bytes(source)
        # The compiled file goes by size and seconds, which may both be the same as before.
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()

    def _run(self, tests: list[str], limit: float) -> str | None:
        assert self._zygote.stdin is not None
        assert self._zygote.stdout is not None
        asked = {"arguments": [*_ARGUMENTS, *tests], "output": str(self._output), "limit": limit}
        self._zygote.stdin.write(json.dumps(asked) + "\n")
        self._zygote.stdin.flush()
        ended = self._zygote.stdout.readline().strip()
        if ended == "0":
            return None
        if ended == _HANG:
            return _HANG
        lines = self._output.read_text(errors="replace").splitlines()
        reported = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
        return reported[0] if reported else f"pytest ended with {ended}: {' '.join(lines[-1:])}"
