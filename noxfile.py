"""The habits of the project, one session each: `nox -l` lists them, `nox -s tests` runs one."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nox

# uv installs in a second what pip installs in twenty; without it, everything works all the same.
nox.options.default_venv_backend = "uv|venv"
nox.options.sessions = ["tests", "types", "lint", "sync", "docs", "build"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
PACKAGES = ("beeper_async", "beeper_sync")
SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
CURRENT = f"{sys.version_info.major}.{sys.version_info.minor}"


def unlock_pyenv() -> None:
    """Let the commands of pyenv start each Python that it has, not only the selected one."""
    if shutil.which("pyenv") is None:
        return
    asked = [["pyenv", "version-name"], ["pyenv", "versions", "--bare", "--skip-aliases"]]
    answers = [subprocess.run(one, capture_output=True, text=True, check=False) for one in asked]
    found = dict.fromkeys(re.split(r"[:\s]+", " ".join(answer.stdout for answer in answers)))
    # Those selected come first, so that `python` stays what it is.
    os.environ["PYENV_VERSION"] = ":".join(name for name in found if name)


def starts(version: str) -> bool:
    """Return whether this machine has a Python: one that only seems to be there does not start."""
    command = shutil.which(f"python{version}")
    if version == CURRENT or command is None:
        return version == CURRENT
    return subprocess.run([command, "-c", ""], capture_output=True, check=False).returncode == 0


unlock_pyenv()
PRESENT = [version for version in SUPPORTED if starts(version)]
# The current one is tested by `tests`.
ENDS = [version for version in dict.fromkeys(PRESENT[:1] + PRESENT[-1:]) if version != CURRENT]


def dependencies(session: nox.Session, group: str) -> None:
    """Install the project with one of its dependency groups."""
    session.install(".", *nox.project.dependency_groups(PYPROJECT, group))


def run_tests(session: nox.Session, *options: str) -> None:
    """Run the tests in as many processes as there are cores; `-- -n 0` runs them in one."""
    # Tests of one group share a table, so one process runs them.
    side_by_side = ("-n", "auto", "--dist", "loadgroup")
    session.run("python", "-m", "pytest", *side_by_side, *options, *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests on this Python; arguments go to pytest."""
    dependencies(session, "test")
    run_tests(session)


@nox.session(python=ENDS or False)
def ends(session: nox.Session) -> None:
    """Run what depends on the Python on the oldest and the newest one of this machine."""
    if not ENDS:
        session.skip("no other Python is on this machine")
    dependencies(session, "test")
    # What depends on the Python: event loops, threads and sockets. `everywhere` runs the rest too.
    rooms = ("blocking", "bots", "events", "http", "paging")
    run_tests(session, *(f"tests/{room}" for room in rooms))


@nox.session(python=PRESENT or False)
def everywhere(session: nox.Session) -> None:
    """Run the tests on every supported Python of this machine."""
    dependencies(session, "test")
    run_tests(session)


@nox.session(python=SUPPORTED[0])
def lowest(session: nox.Session) -> None:
    """Run the tests with the oldest Python and dependencies that pyproject.toml allows."""
    dependencies(session, "test")
    session.install(*oldest(PYPROJECT["project"]["dependencies"]))
    run_tests(session)


def oldest(requirements: list[str]) -> list[str]:
    """Turn the lower bound of each requirement into the only version that will do."""
    pins = [re.sub(r">=([\w.]+).*", r"==\1", requirement) for requirement in requirements]
    loose = [pin for pin in pins if "==" not in pin]
    if loose:
        raise ValueError(f"pyproject.toml has no lower bound for {', '.join(loose)}")
    return pins


@nox.session
def coverage(session: nox.Session) -> None:
    """Show which lines no test reaches."""
    session.install("-e", ".", *nox.project.dependency_groups(PYPROJECT, "test"))
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "combine")
    session.run("coverage", "report")


@nox.session
def types(session: nox.Session) -> None:
    """Check all types, and that every public name has one; arguments are files to check alone."""
    dependencies(session, "types")
    session.run("mypy", *session.posargs)
    session.run("pyright", *session.posargs)
    if not session.posargs:
        for package in PACKAGES:
            session.run("pyright", "--verifytypes", package, "--ignoreexternal")
        session.run("python", "-m", "pytest", "tests/surface/test_type_checkers.py")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and layout; `-- --fix` corrects what it can, other arguments are files."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "lint"))
    fix = "--fix" in session.posargs
    # Files named one by one are still excluded where pyproject.toml says so.
    files = ["--force-exclude", *(word for word in session.posargs if word != "--fix")]
    session.run("ruff", "check", *(["--fix"] if fix else []), *files)
    session.run("ruff", "format", *([] if fix else ["--check"]), *files)


@nox.session(venv_backend="none")
def sync(session: nox.Session) -> None:
    """Write the blocking layer; `-- --check` fails if it is not what would be written."""
    session.run(sys.executable, "-m", "beeper_sync._generate", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Run every example of the docs, and each row of the comparison with the official SDK."""
    dependencies(session, "test")
    session.install("beeper_desktop_api==6.0.0")
    session.run("python", "-m", "pytest", "tests/docs", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the client next to the official SDK. Prints ratios; asserts nothing."""
    session.install(".[rich]", "beeper_desktop_api[aiohttp]==6.0.0")
    session.run("python", "-m", "tests.benchmarks", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Send 20,000 live events through a storm of faults; ten minutes. Fails if one is lost."""
    session.install(".")
    session.run("python", "-m", "tests.soak", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Play 200 seeds of an app that lies against live events. Fails if they differ from it."""
    session.install(".")
    session.run("python", "-m", "tests.fuzz", *session.posargs)


@nox.session
def echoes(session: nox.Session) -> None:
    """Play 10,000 random scripts. Fails if a bot answers itself, or does not hear somebody."""
    dependencies(session, "test")
    session.run("python", "-m", "tests.bots.scripts", *session.posargs)


@nox.session
def kills(session: nox.Session) -> None:
    """Kill a bot 20 times at random moments. Fails if anything is lost, or stored twice."""
    session.install(".")
    session.run("python", "-m", "tests.bots.killed", *session.posargs)


@nox.session
def archive(session: nox.Session) -> None:
    """Kill runs of an archive of 200,000 messages, and measure what a run costs."""
    session.install(".")
    session.run("python", "-m", "tests.archive.killed", *session.posargs)
    session.run("python", "-m", "tests.archive.measured", "--latency", "0.01", *session.posargs)


@nox.session
def interrupts(session: nox.Session) -> None:
    """Interrupt a program at 60 random moments, and try gevent. Fails if it hangs or complains."""
    dependencies(session, "test")
    session.install("gevent")
    session.run("python", "-m", "tests.blocking.interrupted", *session.posargs)
    session.run("python", "-m", "pytest", "-n", "0", "tests/blocking/test_interrupts.py")


@nox.session
def browser(session: nox.Session) -> None:
    """Log in and open exported pages in the Chromium of this machine; $CHROMIUM names another."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    if not os.environ.get("CHROMIUM") and not any(map(shutil.which, names)):
        session.skip("no Chromium is on this machine: apt-get install chromium")
    dependencies(session, "test")
    session.install("playwright")
    files = ("tests/archive/in_browser.py", "tests/auth/in_browser.py")
    session.run("python", "-m", "pytest", "-n", "0", *files, *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build the distribution, and try the wheel alone: what it holds, and that it runs."""
    session.install("build")
    shutil.rmtree("dist", ignore_errors=True)  # a wheel of an older version would be released too
    session.run("python", "-m", "build", "--outdir", "dist")
    (wheel,) = Path("dist").glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    missing = {f"{package}/py.typed" for package in PACKAGES} - held
    if missing:
        session.error(
            f"{wheel} is without {', '.join(sorted(missing))}: nobody would see our types"
        )
    session.install("--force-reinstall", str(wheel))
    # -I: not the packages of the checkout.
    session.run("python", "-I", "-c", "import beeper_sync.client, beeper_async.testing")
    session.run("python", "-I", "-m", "beeper_async", "chats", "--demo", "--limit", "3")


@nox.session
def mutants(session: nox.Session) -> None:
    """Change the product at random places; fails if the tests notice less than 95 % of it."""
    dependencies(session, "test")
    session.run("python", "-m", "tests.mutants", *session.posargs)
