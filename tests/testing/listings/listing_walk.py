"""Walks through the five listings of a simulator, page by page, trusting nothing they say."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import aiohttp
import attrs
from yarl import URL

from beeper_async.testing import ListingName, Simulator

Json = dict[str, Any]
PAGE = 5


@attrs.define
class Walk:
    """One listing in one direction, and what an honest app would serve."""

    session: aiohttp.ClientSession
    sim: Simulator
    listing: ListingName
    direction: str
    path: str
    start: str | None = None
    """The cursor to begin with."""
    honest: list[str] = attrs.field(factory=list[str])
    """All IDs in the order in which a walk meets them."""

    async def ask(self, cursor: str | None, **more: object) -> Json:
        """The answer to one request, which must be a 200."""
        query = {"direction": self.direction, **more} | ({"cursor": cursor} if cursor else {})
        url = URL(f"{self.sim.url}{self.path}?{urlencode(query)}", encoded=True)
        async with self.session.get(url) as response:
            answer: Json = await response.json()
            assert response.status == 200, answer
            return answer

    def ids(self, page: Json) -> list[str]:
        """The IDs of a page in the order of the walk."""
        found = [str(item["id"]) for item in page["items"]]
        return found if self.direction == "before" else found[::-1]

    def end(self, page: Json) -> str | None:
        """The cursor that leads on from a page."""
        name = "oldestCursor" if self.direction == "before" else "newestCursor"
        cursor: str | None = page[name]
        return cursor

    async def pages(self, most: int) -> list[Json]:
        """Follow cursors until `hasMore` is false, or so many pages were read."""
        found = [await self.ask(self.start)]
        while found[-1]["hasMore"] and len(found) < most:
            found.append(await self.ask(self.end(found[-1])))
        return found


async def walk_of(
    session: aiohttp.ClientSession, sim: Simulator, listing: ListingName, direction: str
) -> Walk:
    """Prepare a walk; the simulator must still be honest."""
    account = "local-whatsapp_ba_Vd83kQ"
    talk = next(one for one, found in sim.world.messages.items() if len(found) == 45)
    path = {
        "chats.list": "/v1/chats",
        "chats.search": "/v1/chats/search",
        "messages.list": f"/v1/chats/{talk}/messages",
        "messages.search": "/v1/messages/search",
        "contacts.list": f"/v1/accounts/{account}/contacts/list",
    }[listing]
    walk = Walk(session, sim, listing, "before", path)
    pages = await walk.pages(100)
    walk.honest = [one for page in pages for one in walk.ids(page)]
    if direction == "after":
        walk.direction, walk.start = "after", pages[-1]["oldestCursor"]
        walk.honest = walk.honest[::-1][1:]
    assert len(walk.honest) > 2 * PAGE
    return walk
