"""Exported pages in a real browser: `nox -s browser` runs it where there is a Chromium.

Not a part of the other tests, which need no browser.
"""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from .stored import HOSTILE, NAMES, Shelf, hostile
from .test_exports import PHOTO, PNG
from .test_html_export import long_chat

NAMES_OF_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
# What a browser does by itself would be requests to the outside, and no fault of a page.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = importlib.import_module("playwright.sync_api")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES_OF_CHROMIUM)))
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export what people write, and what is meant to break a page."""
    folder = tmp_path_factory.mktemp("export")
    with hostile(folder / "archive") as shelf:
        shelf.file("mxc://local/0", PNG)
        _a_chat(shelf)
        long_chat(shelf, 2_500)
        shelf.archive.export("html", folder / "out", time_zone=UTC)
    return folder / "out"


def _a_chat(shelf: Shelf) -> None:
    chat = shelf.chat("Choir")
    first = shelf.message(chat, "<b>Eight</b> or <i>nine</i>?", attachments=[PHOTO])
    shelf.file(PHOTO["id"], PNG)
    reaction = {"id": "1", "participantID": "@ana:local", "reactionKey": "👍"}
    own: dict[str, Any] = {"senderID": "@me:local", "senderName": "Me", "isSender": True}
    shelf.message(chat, "Nine, at the café", linkedMessageID=first["id"], **own)
    edited, deleted, vanished = (
        shelf.message(chat, text, timestamp="2026-05-06T10:00:00Z", reactions=[reaction])
        for text in ("Bring the skore", "regret", "away")
    )
    new = {"text": "Bring the score", "editedTimestamp": "2026-05-06T12:00:00Z"}
    shelf.store(chat, {**edited, **new})
    shelf.delete(chat, deleted)
    shelf.mark(vanished)
    shelf.message(chat, "שלום, see https://example.org/", timestamp="2026-05-07T10:00:00Z", **own)


class Visit:
    """One page in the browser, and what it did."""

    def __init__(self, browser: Any, out: Path, name: str, **options: Any) -> None:
        self.out = out
        self.requests: list[str] = []
        self.noise: list[str] = []
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.context.on("request", self._request)
        for kind in ("console", "pageerror", "dialog"):
            self.page.on(kind, self._noise)
        self.page.goto((out / name).as_uri())

    def _request(self, request: Any) -> None:
        self.requests.append(request.url)

    def _noise(self, what: Any) -> None:
        """Note a message of the console, an exception or a dialog."""
        self.noise.append(getattr(what, "text", None) or str(what))

    def shown(self, what: str = ".message") -> list[str]:
        found = self.page.locator(f"{what}:visible").all()
        return [" ".join(one.inner_text().split()) for one in found]

    def outside(self) -> list[str]:
        """Return the requests that left the folder of the export."""
        return [one for one in self.requests if not one.startswith(self.out.as_uri())]


@pytest.fixture
def visit(browser: Any, out: Path) -> Iterator[Any]:
    visits: list[Visit] = []

    def open_page(name: str, **options: Any) -> Visit:
        visits.append(Visit(browser, out, name, **options))
        return visits[-1]

    yield open_page
    for one in visits:
        one.context.close()
        assert one.outside() == []
        assert one.noise == []


def test_text_and_pictures_are_there(visit: Any) -> None:
    chat = visit("Choir.html")
    assert chat.page.title() == "Choir"
    assert "Eight or nine?" in chat.shown()[0]
    assert chat.page.locator(".text b").first.inner_text() == "Eight"
    image = chat.page.locator(".message img")
    image.wait_for()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    assert any(one.endswith(".png") for one in chat.requests)
    assert chat.shown(".day") == [
        "Tuesday, 05 May 2026",
        "Wednesday, 06 May 2026",
        "Thursday, 07 May 2026",
    ]


def test_older_versions_open_and_replies_lead_to_their_message(visit: Any) -> None:
    page = visit("Choir.html").page
    older = page.locator("details.older").first
    assert "Bring the skore" not in older.inner_text()
    older.locator("summary").click()
    assert "Bring the skore" in older.inner_text()
    page.locator(".reply a").click()
    target = page.evaluate("document.querySelector(':target').innerText")
    assert "Eight or" in target


def test_the_search_box_of_a_page(visit: Any) -> None:
    chat = visit("Choir.html")
    box = chat.page.locator("#search")
    box.fill("cafe NINE")
    assert [one.endswith("Nine, at the café") for one in chat.shown()] == [True]
    assert chat.shown(".day") == ["Tuesday, 05 May 2026"]
    assert chat.page.locator("#found").inner_text() == "1 found"
    box.fill("<script>")
    assert chat.shown() == chat.shown(".day") == []
    box.fill("")
    assert len(chat.shown()) == 6
    assert len(chat.shown(".day")) == 3


def test_the_list_of_chats(visit: Any) -> None:
    index = visit("index.html")
    assert len(index.shown(".chat")) == len(NAMES) + 3
    index.page.locator("#search").fill("choir")
    assert len(index.shown(".chat")) == 1
    index.page.locator(".chat:visible a").click()
    assert index.page.title() == "Choir"


def test_a_long_chat_is_searched_as_a_whole(visit: Any) -> None:
    chat = visit("Long_ 100% _real_.html")
    assert chat.shown(".chat") == []
    chat.page.locator("#search").fill("number 2210")
    assert len(chat.shown(".chat")) == 1
    assert "number 2210 </script><!--<script>" in chat.shown(".chat")[0]
    chat.page.locator(".chat a").click()
    assert chat.page.title() == "Long: 100% <real> · 2024-04"
    assert "number 2210" in chat.page.evaluate("document.querySelector(':target').innerText")
    chat.page.locator(".pages a", has_text="2024-03").first.click()
    assert chat.page.title() == "Long: 100% <real> · 2024-03"


def test_no_message_runs_anything(visit: Any, out: Path) -> None:
    seen = 0
    for path in sorted(out.rglob("*.html")):
        name = path.relative_to(out).as_posix()
        chat = visit(name)
        assert chat.page.title() != "owned"
        assert chat.page.locator("script:not([type])").count() == 1
        handlers = "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"
        names = set(chat.page.evaluate(handlers))
        assert not {one for one in names if one.startswith("on") or one == "style"}
        assert chat.page.locator("[href^='javascript:' i]").count() == 0
        seen += sum(HOSTILE[0] in one for one in chat.shown())
    assert seen == len(NAMES)


def test_the_policy_stops_what_would_get_through(browser: Any, out: Path) -> None:
    chat = Visit(browser, out, "Choir.html")
    chat.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "document.title = 'owned'";
            const image = document.createElement("img");
            image.src = "http://127.0.0.1:9/pixel.png";
            image.setAttribute("onerror", "document.title = 'owned'");
            const frame = document.createElement("iframe");
            frame.srcdoc = "<script>parent.document.title = 'owned'</" + "script>";
            document.body.append(script, image, frame);
            return fetch("http://127.0.0.1:9/x").catch(() => null);
        }"""
    )
    assert chat.page.title() == "Choir"
    assert sum("Content Security Policy" in one for one in chat.noise) >= 3
    chat.context.close()


def test_light_and_dark(visit: Any) -> None:
    colours = [
        visit("Choir.html", color_scheme=scheme).page.evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    ]
    assert colours == ["rgb(244, 245, 247)", "rgb(23, 24, 26)"]
