"""A browser that follows links, fills in the consent page, and presses a button of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html.parser import HTMLParser
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import attrs
from yarl import URL

Decision = Literal["approve", "deny"]
OpenPage = Callable[[str], Awaitable[None]]


@attrs.frozen
class Page:
    """What the browser shows at the end."""

    url: str
    status: int
    text: str
    headers: dict[str, str]


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = found["action"]
        is_sent = found.get("type") != "checkbox" or "checked" in found
        if tag == "input" and is_sent:
            self.fields.append((found["name"], found.get("value", "on")))


async def consent(page: str, decision: Decision = "approve", *, write: bool = True) -> Page:
    """Open the consent page, and press a button; `write` is the box for sensitive actions."""
    async with aiohttp.ClientSession() as session:
        async with session.get(URL(page, encoded=True)) as response:
            assert response.status == 200, await response.text()
            form = _Form()
            form.feed(await response.text())
        fields = [field for field in form.fields if write or field != ("scope", "write")]
        sent = aiohttp.FormData([*fields, ("decision", decision)])
        async with session.post(form.action, data=sent) as response:
            return await _shown(response)


async def come_back(page: str, **answer: str) -> Page:
    """Go straight to where the browser is sent back to, with this answer."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(URL(redirect_uri(page)).with_query(answer)) as response,
    ):
        return await _shown(response)


async def _shown(response: aiohttp.ClientResponse) -> Page:
    url, text = str(response.url), await response.text()
    return Page(url, response.status, text, dict(response.headers))


def query_of(page: str) -> dict[str, str]:
    """Return what a page is requested with."""
    return dict(parse_qsl(urlsplit(page).query))


def redirect_uri(page: str) -> str:
    """Return where the consent page sends the browser back to."""
    return query_of(page)["redirect_uri"]
