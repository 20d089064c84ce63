"""Links lead somewhere, and what the pages say of the code is so."""

import re
from pathlib import Path

import pytest

import beeper_async
from beeper_async import auth
from beeper_async.auth import LoginError

from .pages import PAGES, ROOT, anchors_of, links_of


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_to_a_file_and_heading(page: Path) -> None:
    for link in links_of(page):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


def test_readme_leads_to_every_page() -> None:
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in links_of(ROOT / "README.md")}
    assert set(PAGES) - linked == {ROOT / "README.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_exist(page: Path) -> None:
    named = re.findall(r"`((?:beeper_\w+|tests|docs)/[\w/.]+)`", page.read_text("utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("package", ["beeper_async", "beeper_sync"])
def test_architecture_names_every_room(package: str) -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    rooms = [path for path in (ROOT / package).iterdir() if path.is_dir() or path.suffix == ".py"]
    names = [path.name + "/" * path.is_dir() for path in rooms if not path.name.startswith("__p")]
    missing = [name for name in names if not name.startswith("_v") and name not in text]
    assert missing == [], "docs/architecture.md says nothing of them; one line each will do"


def test_architecture_names_every_file_of_the_stream() -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    named = set(re.findall(r"^    (\w+\.py) ", text, flags=re.M))
    files = {path.name for path in (ROOT / "beeper_async/events").glob("*.py")}
    assert files - named == {"__init__.py"}, "one line each will do"


def test_readme_names_every_exception_and_no_other() -> None:
    public = {name: getattr(beeper_async, name) for name in dir(beeper_async)}
    errors = {n for n, v in public.items() if isinstance(v, type) and issubclass(v, Exception)}
    errors.remove("Skip")  # a signal to a bot
    text = (ROOT / "README.md").read_text("utf-8").partition("| `BeeperDesktopError`")
    table = (text[1] + text[2]).partition("\n\n")[0]
    named = re.findall(r"^\| `[^`\w]*(\w+)` \|", table, flags=re.M)
    assert sorted(named) == sorted(errors)


def test_the_page_on_logins_names_every_error_of_a_login() -> None:
    public = {name: getattr(auth, name) for name in dir(auth)}
    errors = {n for n, v in public.items() if isinstance(v, type) and issubclass(v, LoginError)}
    text = (ROOT / "docs/login.md").read_text("utf-8").partition("| Exception | Cause |")[2]
    named = set(re.findall(r"^\| `(\w+)` \|", text.partition("\n\n")[0], flags=re.M))
    assert named == {*errors, "TokenStoreError"}


def test_nothing_points_to_a_machine_of_ours() -> None:
    for page in [*PAGES, *ROOT.glob("docs/examples/*.py")]:
        assert not re.search(r"/(work|root|home/\w+)/", page.read_text("utf-8")), page
