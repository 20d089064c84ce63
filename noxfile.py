"""The habits of the project, one session each: `nox -l` lists them, `nox -s tests` runs one."""

import shutil
import sys
from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"
nox.options.sessions = ["tests", "types", "lint", "sync", "docs", "build"]

PACKAGES = ("beeper_async", "beeper_sync")
SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
CURRENT = f"{sys.version_info.major}.{sys.version_info.minor}"


def dependencies(session: nox.Session, group: str) -> None:
    """Install the project with one of its dependency groups."""
    session.install(".", *nox.project.dependency_groups(PYPROJECT, group))


PYPROJECT = nox.project.load_toml("pyproject.toml")


def present(version: str) -> bool:
    """Tell whether a Python is on this machine, so that a missing one is no failure."""
    return version == CURRENT or shutil.which(f"python{version}") is not None


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests on this Python; arguments go to pytest."""
    dependencies(session, "test")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python=[version for version in SUPPORTED if present(version)])
def everywhere(session: nox.Session) -> None:
    """Run the tests on every supported Python that is on this machine."""
    dependencies(session, "test")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Show which lines no test reaches."""
    session.install("-e", ".", *nox.project.dependency_groups(PYPROJECT, "test"))
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "combine")
    session.run("coverage", "report")


@nox.session
def types(session: nox.Session) -> None:
    """Check all types, and that every public name has one."""
    dependencies(session, "types")
    session.run("mypy")
    session.run("pyright")
    for package in PACKAGES:
        session.run("pyright", "--verifytypes", package, "--ignoreexternal")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and layout; `nox -s lint -- --fix` mends what can be mended."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "lint"))
    fix = "--fix" in session.posargs
    session.run("ruff", "check", *(["--fix"] if fix else []))
    session.run("ruff", "format", *([] if fix else ["--check"]))


@nox.session(venv_backend="none")
def sync(session: nox.Session) -> None:
    """Write the blocking layer anew; `nox -s sync -- --check` only looks whether it is current."""
    session.run(sys.executable, "-m", "beeper_sync._generate", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Run every example of the docs, and each row of the comparison with the official SDK."""
    dependencies(session, "test")
    session.install("beeper_desktop_api==6.0.0")
    session.run("python", "-m", "pytest", "tests/docs", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure beside the official SDK. Prints ratios; asserts nothing."""
    session.install(".[rich]", "beeper_desktop_api[aiohttp]==6.0.0")
    session.run("python", "-m", "tests.benchmarks", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Send 20,000 live events through a storm of faults; ten minutes. Fails if one is lost."""
    session.install(".")
    session.run("python", "-m", "tests.soak", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build the distribution and try the wheel in an empty environment."""
    session.install("build")
    session.run("python", "-m", "build", "--outdir", "dist")
    wheels = sorted(str(path) for path in Path("dist").glob("*.whl"))
    session.install("--force-reinstall", wheels[-1])
    session.run("python", "-I", "-m", "beeper_async", "chats", "--demo", "--limit", "3")


@nox.session
def mutants(session: nox.Session) -> None:
    """Change the product at random places; fails if the tests notice less than 95 % of it."""
    dependencies(session, "test")
    session.run("python", "-m", "tests.mutants", *session.posargs)
