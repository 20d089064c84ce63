"""The endpoints, one file per family of them."""

from __future__ import annotations

from ..server.routing import Route
from . import (
    accounts,
    assets,
    bridges,
    chat_listings,
    chat_opening,
    chats,
    contacts,
    focus,
    info,
    login_sessions,
    message_search,
    messages,
    oauth,
    reactions,
    reminders,
    setup,
    socket,
    typing,
    verifications,
)

ALL_ROUTES: list[Route] = [
    *info.ROUTES,
    *oauth.ROUTES,
    *chat_listings.ROUTES,
    *chat_opening.ROUTES,
    *chats.ROUTES,
    *reminders.ROUTES,
    *typing.ROUTES,
    *messages.ROUTES,
    *reactions.ROUTES,
    *message_search.ROUTES,
    *accounts.ROUTES,
    *contacts.ROUTES,
    *focus.ROUTES,
    *assets.ROUTES,
    *bridges.ROUTES,
    *login_sessions.ROUTES,
    *setup.ROUTES,
    *verifications.ROUTES,
    *socket.ROUTES,
]
