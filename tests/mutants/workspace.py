"""A copy of the project in which one mutant at a time is tried. The work tree is never changed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

from .operators import Mutant

_COPIED: Final = ("beeper_async", "beeper_sync", "tests", "docs", "pyproject.toml", "README.md",
                  "CHANGELOG.md", "noxfile.py")  # fmt: skip
_PATIENCE: Final = 20.0
"""Seconds that tests get, whatever they take without a change."""
_SLOWER: Final = 5.0
"""How many times slower than without a change they may be; more counts as a hang."""
# What is left open is found by chance, and blamed on whichever test runs then: it kills no mutant.
_LEFT_OPEN: Final = "default::pytest.PytestUnraisableExceptionWarning"


class Workspace:
    """A copy of the project."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.folder = folder
        for name in _COPIED:
            source = project / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy(source, folder / name)

    def kills(self, mutant: Mutant, tests: list[str], seconds: float) -> str | None:
        """Try a mutant; gives how it was noticed, or None if it was not."""
        path = self.folder / mutant.path
        source = path.read_bytes()
        try:
            self._write(path, mutant.apply(source))
            noticed = self._run(tests, seconds)
        finally:
            self._write(path, source)
        return noticed

    def _write(self, path: Path, source: bytes) -> None:
        path.write_bytes(source)
        # The compiled file goes by size and seconds, which may both be the same as before.
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()

    def _run(self, tests: list[str], seconds: float) -> str | None:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=no"]
        command += ["-p", "no:cacheprovider", "--hypothesis-seed=0", "-W", _LEFT_OPEN, *tests]
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(timeout=_PATIENCE + _SLOWER * seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                return "hang"
        if process.returncode == 0:
            return None
        reported = [line for line in output.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return reported[0] if reported else f"pytest ended with {process.returncode}"
