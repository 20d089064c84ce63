"""The endpoints, one file per family of them."""

from __future__ import annotations

from ..calls import Route
from . import chat_listings, chat_opening, chats, info, messages, reactions, reminders

ALL_ROUTES: list[Route] = [
    *info.ROUTES,
    *chat_listings.ROUTES,
    *chat_opening.ROUTES,
    *chats.ROUTES,
    *reminders.ROUTES,
    *messages.ROUTES,
    *reactions.ROUTES,
]
