"""A page of HTML without anything from outside: its head, and names and times on it. Pure."""

import hashlib
import html
from base64 import b64encode
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple
from urllib.parse import quote
from zlib import crc32

_COLOURS: Final = 8


class _Assets(NamedTuple):
    style: str
    script: str
    policy: str


@cache
def _assets() -> _Assets:
    folder = files(__name__.rpartition(".")[0])
    style = folder.joinpath("page.css").read_text("utf-8")
    script = folder.joinpath("page.js").read_text("utf-8")
    # Nothing runs or is loaded but this style, this script and pictures of the same folder.
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src 'self'; base-uri 'none'; form-action 'none'"
    )
    return _Assets(style, script, policy)


def _hash(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def page_start(title: str, subtitle: str, *, back: str | None, placeholder: str) -> str:
    """Return a page up to its content.

    Args:
        title: Title of the page, as text.
        subtitle: A line below it, as text.
        back: Relative address of the page above it.
        placeholder: What the search box searches.
    """
    assets = _assets()
    link = f'<p><a href="{address(back)}">All chats</a></p>' if back else ""
    shown = html.escape(one_line(title)) or "Chat"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{assets.policy}">\n'
        '<meta http-equiv="x-dns-prefetch-control" content="off">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{shown}</title>\n<style>{assets.style}</style>\n</head>\n<body>\n"
        f'<div class="top">{link}<h1 dir="auto">{shown}</h1><p>{html.escape(subtitle)}</p>'
        f'<input id="search" type="search" placeholder="{html.escape(placeholder)}" '
        f'aria-label="{html.escape(placeholder)}"> <output id="found"></output></div>\n'
    )


def page_end() -> str:
    """Return the end of a page."""
    return f"<script>{_assets().script}</script>\n</body>\n</html>\n"


def address(path: str) -> str:
    """Return a relative path as an address, for an attribute."""
    # Without `./`, a name with a colon would have a scheme.
    return "./" + quote(path, safe="/") if "/" not in path else quote(path, safe="/")


def one_line(text: str) -> str:
    """Return a text without line breaks and further spaces."""
    return " ".join(text.split())


def name(text: str) -> str:
    """Return a name as HTML that no direction mark leaves."""
    return f"<bdi>{html.escape(one_line(text)) or '?'}</bdi>"


def avatar(sender_id: str, sender: str) -> str:
    """Return the initials of somebody, in a colour of their own."""
    parts = [part for part in sender.split() if part[0].isalnum()]
    initials = "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper() or "?"
    colour = crc32(sender_id.encode("utf-8", "replace")) % _COLOURS
    return f'<span class="avatar c{colour}" aria-hidden="true">{html.escape(initials)}</span>'


def time_tag(time: datetime, shown: str) -> str:
    """Return a time as HTML."""
    return f'<time datetime="{time.isoformat(timespec="seconds")}">{shown}</time>'
