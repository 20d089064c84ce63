"""The text of a message as HTML that is safe to show. Pure.

Only fixed tags and escaped text come out, and nothing is copied from what comes in. What counts as
markup is what networks are known to send, as in `plain_text`: everything else is shown as it is.
"""

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

from ...bots.text import CHARACTER, TAGS, without_quote

_ALLOWED: Final = frozenset(
    ["b", "i", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "br", "p", "a"]
)
_BREAKING: Final = frozenset(["div", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "table"])
_DEEPEST: Final = 30
"""Elements inside of each other; browsers have a limit too."""
_LONGEST_LINK: Final = 10_000
"""Characters of its start tag."""
_LINK: Final = re.compile(r"https?://[^\s<>\"'`{}|\\^]+[^\s<>\"'`{}|\\^.,;:!?)\]]", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x20]+", re.IGNORECASE)
_NAME: Final = re.compile("</?([a-z0-9-]+)", re.IGNORECASE)


def safe_html(text: str) -> str:
    """Return the text of a message as HTML with few elements, all of them closed.

    Args:
        text: The `text` of a message: HTML or plain text.
    """
    text = without_quote(text)
    writer = _Writer()
    place = 0
    for found in TAGS.finditer(text):
        writer.text(text[place : found.start()])
        writer.tag(found[0])
        place = found.end()
    writer.text(text[place:])
    return writer.closed()


class _Address(HTMLParser):
    """Reads where a link leads to from its start tag."""

    href: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.href = dict(reversed(attrs)).get("href")  # of two, browsers take the first


def _address(tag: str) -> str | None:
    if len(tag) > _LONGEST_LINK:
        return None
    reader = _Address()
    reader.feed(tag)
    reader.close()
    address = (reader.href or "").strip()
    return address if _ADDRESS.fullmatch(address) else None


class _Writer:
    def __init__(self) -> None:
        self._parts: list[str] = []
        self._open: list[str] = []

    def text(self, text: str) -> None:
        """Write text that holds no tags."""
        if not text:
            return
        plain = CHARACTER.sub(lambda found: html.unescape(found[0]), text)
        self._parts += [html.escape(plain)] if "a" in self._open else _with_links(plain)

    def tag(self, tag: str) -> None:
        """Write what a tag stands for."""
        found = _NAME.match(tag)
        name = found[1].lower() if found else ""
        if tag.startswith("</"):
            self._end(name)
        elif name == "br":
            self._parts.append("<br>")
        elif name in _ALLOWED and len(self._open) < _DEEPEST:
            self._start(name, tag)
        elif name in _BREAKING:
            self._break()

    def _start(self, name: str, tag: str) -> None:
        if name != "a":
            self._parts.append(f"<{name}>")
        elif "a" not in self._open and (address := _address(tag)):
            self._parts.append(link_to(address))
        else:
            return
        self._open.append(name)

    def _end(self, name: str) -> None:
        if name in self._open:
            while True:
                last = self._open.pop()
                self._parts.append(f"</{last}>")
                if last == name:
                    break
        elif name in _BREAKING:
            self._break()

    def _break(self) -> None:
        if self._parts and self._parts[-1] != "<br>":
            self._parts.append("<br>")

    def closed(self) -> str:
        """Close what is open, and return everything."""
        while self._open:
            self._parts.append(f"</{self._open.pop()}>")
        return "".join(self._parts)


def link_to(address: str) -> str:
    """Return the start tag of a link that is only followed by a click."""
    return f'<a href="{html.escape(address)}" target="_blank" rel="noopener noreferrer">'


def _with_links(plain: str) -> Iterator[str]:
    place = 0
    for found in _LINK.finditer(plain):
        yield html.escape(plain[place : found.start()])
        yield f"{link_to(found[0])}{html.escape(found[0])}</a>"
        place = found.end()
    yield html.escape(plain[place:])
