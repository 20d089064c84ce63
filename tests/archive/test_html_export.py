"""Pages of a chat, as a parser of HTML reads them. `nox -s browser` opens them in a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from beeper_async.archive.exports import html_chat

from .stored import HOSTILE, NAMES, Shelf, hostile
from .test_exports import PHOTO, PNG

VOID = {"meta", "input", "img", "br", "link", "hr"}
SAFE = {"", "http", "https", "mailto"}
LOADING = {"src", "srcset", "poster", "data", "action", "background", "style", "ping"}


class Page(HTMLParser):
    """What a page has, with a check of its form.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.images: list[str] = []
        self.scripts: list[str] = []
        self.text: list[str] = []
        self.policy = ""
        self.feed(path.read_text("utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        assert not [name for name in values if name.startswith("on")]
        assert not (set(values) & LOADING) - ({"src"} if tag == "img" else set())
        assert tag not in {"iframe", "object", "embed", "form", "base", "link", "svg", "video"}
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self.links.append(values["href"])
        if tag == "img":
            self.images.append(values["src"])
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["script"]:
            self.scripts.append(data)
        elif "main" in self.open:
            self.text.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with Shelf(tmp_path / "archive") as shelf:
        yield shelf


def exported(shelf: Shelf, out: Path, **options: Any) -> dict[str, Page]:
    shelf.archive.export("html", out, time_zone=UTC, **options)
    return {path.relative_to(out).as_posix(): Page(path) for path in out.rglob("*.html")}


def broken_links(pages: dict[str, Page], out: Path) -> list[str]:
    """Return links and pictures that lead to nothing, or out of the folder."""
    broken: list[str] = []
    by_path = {page.path.resolve(): page for page in pages.values()}
    for page in pages.values():
        for link in page.links + page.images:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            base = page.path.parent / unquote(parts.path) if parts.path else page.path
            target = base.resolve()
            is_there = target.is_relative_to(out.resolve()) and target.is_file()
            if not is_there or (parts.fragment and parts.fragment not in by_path[target].ids):
                broken.append(link)
    return broken


def test_a_page_reads_like_a_chat(shelf: Shelf, tmp_path: Path) -> None:
    chat = shelf.chat("Choir: altos & friends")
    first = shelf.message(chat, "<p>Eight &amp; <b>not</b> later</p>", attachments=[PHOTO])
    shelf.file("mxc://local/photo", PNG)
    reaction = {"id": "1", "participantID": "@ana:local", "reactionKey": "👍"}
    shelf.message(
        chat,
        "See https://example.org/a?b=1",
        senderID="@me:local",
        senderName="Me",
        linkedMessageID=first["id"],
        timestamp="2026-05-06T23:30:00Z",
        reactions=[reaction, {**reaction, "id": "2"}],
    )
    edited, deleted, vanished = (shelf.message(chat, text) for text in ("old", "regret", "away"))
    shelf.store(chat, {**edited, "text": "new", "editedTimestamp": "2026-05-05T12:00:00Z"})
    shelf.delete(chat, deleted)
    shelf.mark(vanished)
    out = tmp_path / "out"
    pages = exported(shelf, out)
    assert sorted(pages) == ["Choir_ altos & friends.html", "index.html"]
    page = pages["Choir_ altos & friends.html"]
    assert page.words == (
        "Tuesday, 05 May 2026 A Ana 10:00 Eight & not later "
        "Wednesday, 06 May 2026 M Me 23:30 Ana : Eight & not later See https://example.org/a?b=1 "
        "👍 \xa02 ".replace("\xa0", " ").replace("  ", " ")
        + "Tuesday, 05 May 2026 A Ana 10:00 edited new Older versions "
        + f"{_until(page)} old A Ana 10:00 deleted Before it was deleted {_until(page)} regret "
        "A Ana 10:00 no longer in the app away"
    )
    assert broken_links(pages, out) == []
    assert "https://example.org/a?b=1" in page.links
    (image,) = page.images
    assert (out / image).read_bytes() == PNG
    assert "Choir: altos & friends WhatsApp · 5 messages" in pages["index.html"].words


def _until(page: Page) -> str:
    words = page.words.split()
    place = words.index("until")
    return " ".join(words[place : place + 3])


def test_hostile_content_is_text(tmp_path: Path) -> None:
    with hostile(tmp_path / "archive") as shelf:
        shelf.file("mxc://local/0", PNG, mime="image/png")
        pages = exported(shelf, tmp_path / "out")
    assert len(pages) == len(NAMES) + 2
    assert broken_links(pages, tmp_path / "out") == []
    for page in pages.values():
        assert len(page.scripts) == 1  # ours
        assert "default-src 'none'" in page.policy
        assert "unsafe" not in page.policy
        assert [link for link in page.links if urlsplit(link).scheme not in SAFE] == []
    page = next(page for name, page in pages.items() if "party" in name)
    assert "document.title = 'owned'" in page.words  # shown, not run
    assert HOSTILE[6] in page.words


def test_what_a_stranger_sent_is_no_page_that_a_browser_opens(shelf: Shelf, tmp_path: Path) -> None:
    chat = shelf.chat()
    names = ("a.html", "b.svg", "c.PDF", "d.js", "e", "f.png", "g.xhtml", "photo.png/../h.htm")
    for number, name in enumerate(names):
        url = f"mxc://local/{number}"
        shelf.message(chat, None, attachments=[{"type": "img", "id": url, "fileName": name}])
        shelf.file(url, f"<script>{number}</script>".encode(), mime="text/html")
    exported(shelf, tmp_path / "out")
    files = [path for path in (tmp_path / "out" / "files").rglob("*") if path.is_file()]
    assert sorted(path.suffix for path in files) == [".bin"] * 6 + [".pdf", ".png"]


def test_files_that_are_missing_are_named(shelf: Shelf, tmp_path: Path) -> None:
    chat = shelf.chat()
    shelf.message(chat, None, attachments=[PHOTO, {"type": "video"}])
    lost = {**PHOTO, "id": "mxc://local/lost", "fileName": "lost.png"}
    shelf.message(chat, None, attachments=[lost])
    sha256 = shelf.file("mxc://local/lost", PNG)
    (shelf.archive.folder / "files" / sha256[:2] / sha256).unlink()
    report = shelf.archive.export("html", tmp_path / "out")
    assert (report.files, report.missing_files) == (0, 3)
    page = Page(tmp_path / "out" / "Hiking club.html")
    assert "beach.png (wanted)" in page.words
    assert "video (unknown)" in page.words
    assert "lost.png (not in the archive)" in page.words


def long_chat(shelf: Shelf, count: int) -> list[dict[str, Any]]:
    chat = shelf.chat("Long: 100% <real>")
    start = datetime(2024, 1, 20, tzinfo=UTC)
    items = [
        {
            "id": str(n),
            "accountID": "whatsapp",
            "chatID": chat,
            "senderID": "@ana:local",
            "senderName": "Ana",
            "sortKey": str(n),
            "timestamp": (start + timedelta(hours=n)).isoformat().replace("+00:00", "Z"),
            "text": f"number {n} </script><!--<script>" if n % 10 == 0 else f"number {n}",
            **({"linkedMessageID": str(max(n - 900, 1))} if n % 100 == 0 else {}),
        }
        for n in range(1, count + 1)
    ]
    shelf.store(chat, *items)
    return items


def test_a_long_chat_has_a_page_for_each_month(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = long_chat(shelf, 2_001)
    # An older time between newer ones.
    shelf.store(items[0]["chatID"], {**items[1500], "timestamp": "2024-01-01T00:00:00Z"})
    out = tmp_path / "out"
    pages = exported(shelf, out)
    name = "Long_ 100% _real_"
    months = [f"{name}.pages/2024-{month:02}.html" for month in (1, 2, 3, 4)]
    assert sorted(pages) == [f"{name}.html", *months, "index.html"]
    ids = [one for month in months for one in pages[month].ids if one.startswith("m")]
    assert len(set(ids)) == len(ids) == 2_001
    assert broken_links(pages, out) == []
    assert sum("#m" in link and "html" in link for link in pages[months[1]].links) > 0
    contents = pages[f"{name}.html"]
    data, script = contents.scripts
    assert script in pages["index.html"].scripts
    rows = json.loads(data)
    assert [row[3] for row in rows] == [one["text"] for one in items]
    assert rows[0][1:3] == ["2024-01-20 01:00", "Ana"]
    for row in rows:
        target, _, fragment = row[0].partition("#")
        assert fragment in pages[unquote(target)].ids

    monkeypatch.setattr(html_chat, "MOST_ON_PAGE", 500)
    parts = exported(shelf, tmp_path / "parts")
    assert f"{name}.pages/2024-02-2.html" in parts
    assert broken_links(parts, tmp_path / "parts") == []
    assert max(sum(one.startswith("m") for one in page.ids) for page in parts.values()) == 500


def test_a_chat_of_two_thousand_messages_is_one_page(shelf: Shelf, tmp_path: Path) -> None:
    long_chat(shelf, 2_000)
    shelf.chat("index.html")
    pages = exported(shelf, tmp_path / "out")
    assert len(pages) == 3


def test_a_chat_may_be_called_like_the_page_of_another(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html_chat, "MOST_ON_PAGE", 1)
    for title in ("x", "x.html", "x.pages", "x.pages.html", "50%41 #1 ä"):
        chat = shelf.chat(title)
        for _ in range(2):
            shelf.message(chat, title)
    pages = exported(shelf, tmp_path / "out")
    assert len(pages) == 1 + 5 * 3
    assert broken_links(pages, tmp_path / "out") == []


def test_a_reply_to_what_is_not_exported_is_quoted_without_a_link(
    shelf: Shelf, tmp_path: Path
) -> None:
    chat = shelf.chat()
    first = shelf.message(chat, "before", timestamp="2026-01-01T00:00:00Z")
    shelf.message(chat, "after", linkedMessageID=first["id"])
    shelf.message(chat, "to nothing", linkedMessageID="unknown")
    out = tmp_path / "out"
    pages = exported(shelf, out, since="2026-02-01T00:00:00Z")
    assert "Ana : before after" in pages["Hiking club.html"].words
    assert broken_links(pages, out) == []
