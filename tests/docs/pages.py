"""Reads the pages: their code blocks, headings and links.

An HTML comment right above a block says how it is tested; readers of the page don't see it:

    <!-- continues -->   a python block that goes on where the one before it ended
    <!-- pytest -->      a python block that is a file of tests
    <!-- prints -->      a text block: exactly what the python block above it prints
    <!-- begins -->      a text block: the first lines on a terminal of the command above it
"""

import re
from collections.abc import Iterator
from pathlib import Path

from attrs import field, frozen

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


@frozen
class Block:
    """One fenced block of a page."""

    page: Path
    line: int
    """Line of its first line of code, from 1 on."""
    language: str
    mark: str | None
    text: str = field(repr=False)

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"

    @property
    def padded(self) -> str:
        """The text below so many empty lines that a traceback names the line of the page."""
        return "\n" * (self.line - 1) + self.text


def blocks_of(page: Path) -> list[Block]:
    """List the fenced blocks of a page in their order."""
    return list(_blocks(page, page.read_text("utf-8").splitlines()))


def _blocks(page: Path, lines: list[str]) -> Iterator[Block]:
    fence, start, language, mark = "", 0, "", None
    above: str | None = None
    for number, line in enumerate(lines, 1):
        opening = re.match(r"(```+)(\w*)$", line)
        if fence and line == fence:
            text = "\n".join(lines[start : number - 1]) + "\n"
            yield Block(page, start + 1, language, mark, text)
            fence = ""
        elif not fence and opening:
            (fence, language), start, mark = opening.groups(), number, above
            above = None
        elif not fence and line.strip():
            comment = re.fullmatch(r"<!-- (\w+) -->", line)
            above = comment[1] if comment else None
    if fence:
        raise ValueError(f"{page}:{start}: the block is not closed")


def prose_of(page: Path) -> str:
    """Return a page without its fenced blocks and code spans."""
    text = re.sub(r"^(```+)[\s\S]*?^\1$", "", page.read_text("utf-8"), flags=re.M)
    return re.sub(r"`[^`\n]+`", "", text)


def anchors_of(page: Path) -> set[str]:
    """List the names that a link can end in, made of the headings as GitHub does."""
    text = re.sub(r"^(```+)[\s\S]*?^\1$", "", page.read_text("utf-8"), flags=re.M)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.M)
    return {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


def links_of(page: Path) -> list[str]:
    """List where the links and pictures of a page lead."""
    return re.findall(r"\]\(([^)\s]+)\)", prose_of(page))
