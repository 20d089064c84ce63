"""What CONTRIBUTING.md and .ci/run say of the sessions is what the noxfile has."""

import ast
import re

from .pages import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def sessions() -> list[str]:
    """List the sessions of the noxfile, which is not imported: tests don't need nox."""
    tree = ast.parse((ROOT / "noxfile.py").read_text("utf-8"))
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        if any("nox.session" in ast.unparse(decorator) for decorator in node.decorator_list)
    ]


def test_the_table_lists_each_session_once() -> None:
    _, _, table = CONTRIBUTING.partition("| Session | What it does |")
    rows = re.findall(r"^\| `(\w+)` \|", table, flags=re.M)
    assert sorted(rows) == sorted(sessions())


def test_each_session_that_is_named_exists() -> None:
    places = [ROOT / "CONTRIBUTING.md", ROOT / ".pre-commit-config.yaml", ROOT / ".ci" / "run"]
    places += sorted((ROOT / ".github").rglob("*.yml"))
    known = set(sessions())
    for place in places:
        named = re.findall(r"nox\b.*? -s ([\w ]+)", place.read_text("utf-8"))
        words = {word for names in named for word in names.split()}
        assert words, f"{place.name} runs no session"
        assert words <= known, place.name


def test_the_tests_of_readme_run_in_ci() -> None:
    assert "nox -s tests" in (ROOT / "README.md").read_text("utf-8")
    assert '/nox" -s tests\n' in (ROOT / ".ci" / "run").read_text("utf-8")
