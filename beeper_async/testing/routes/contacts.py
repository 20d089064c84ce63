"""The people of an account."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..listings.cursors import write_cursor, write_page
from ..server.paging import read_page
from ..server.routing import Route, RoutedRequest, RouteResponse
from ..server.versions import INFO_AND_REACTIONS
from ..server.views import show_user
from ..world.positions import Position
from .text_search import comparable, fold, has_all, person_text, query_words

Json = dict[str, Any]

PAGE_SIZE = 50
MAX_SIZE = 200
_PHONE = re.compile(r"\+?[0-9 ().-]{5,}", re.ASCII)


def list_contacts(request: RoutedRequest) -> RouteResponse:
    """Everybody met on the account, sorted by name."""
    people = request.world.contacts(request.account()["accountID"])
    usual = request.default_size(PAGE_SIZE)
    limit = request.query.integer("limit", minimum=1, maximum=MAX_SIZE, default=usual)
    words = query_words(request.query.text("query", min_length=1))
    found = sorted(_matching(_contacts(people), words), key=_position)
    page = read_page(request, found, _position, limit)
    return RouteResponse(page.finished(write_page(page, _cursor, page.items)))


def search_contacts(request: RoutedRequest) -> RouteResponse:
    """The people who match; an exact identifier also finds people nobody has met."""
    account_id = request.account()["accountID"]
    query = request.query.text("query", required=True, min_length=1) or ""
    request.query.finish()
    known = _contacts(request.world.contacts(account_id))
    found = {one["id"]: one for one in _matching(known, query_words(query))}
    name = _identifier(query)
    if name is not None:
        strangers = _contacts(request.world.strangers.get(account_id, ()))
        for one in (*known, *strangers):
            if name in one and comparable(name, one[name]) == comparable(name, query):
                found.setdefault(one["id"], one)
    return RouteResponse({"items": sorted(found.values(), key=_position)})


def _contacts(people: Iterable[Json]) -> list[Json]:
    return list({p["id"]: show_user(p) for p in people if not p.get("isNetworkBot")}.values())


def _matching(people: list[Json], words: list[str]) -> list[Json]:
    return [one for one in people if has_all(words, person_text(one))]


def _identifier(query: str) -> str | None:
    if _PHONE.fullmatch(query):
        return "phoneNumber"
    if query.startswith("@"):
        return "username"
    return "email" if "@" in query else None


def _position(person: Json) -> Position:
    return 0, f"{fold(person.get('fullName') or person_text(person))}\n{person['id']}"


def _cursor(person: Json) -> str:
    return write_cursor(_position(person))


_PATH = "/v1/accounts/{accountID}/contacts"

ROUTES = [
    Route(method="GET", path=_PATH, handler=search_contacts),
    Route(
        method="GET",
        path=_PATH + "/list",
        handler=list_contacts,
        since=INFO_AND_REACTIONS,
        listing="contacts.list",
    ),
]
