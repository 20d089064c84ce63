"""Compares an archive with what the app served, by its own means: SQLite, JSON and IDs alone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from .world import World


def differences(
    folder: Path, world: World, chats: Sequence[str] | None = None
) -> dict[str, list[str]]:
    """Return what is lost, doubled, stale, wrongly missing, or not marked, by what is wrong.

    Args:
        folder: The archive.
        world: What the app has.
        chats: Chats that are to be archived; None means all.
    """
    served = {one: chat for one, chat in world.chats.items() if chats is None or one in chats}
    found: dict[str, list[str]] = {
        name: [] for name in ("lost", "doubled", "stale", "wrongly missing", "unmarked")
    }
    with closing(sqlite3.connect(folder / "archive.db")) as db:
        rows = db.execute(
            "select c.id, m.id, m.raw, coalesce(m.vanished_run, m.expired_run) "
            "from messages m join chats c on c.n = m.chat"
        )
        stored: dict[tuple[str, str], tuple[bytes, int | None]] = {}
        keys: dict[tuple[str, str], int] = {}
        for chat_id, message_id, raw, mark in rows:
            place = (chat_id, message_id)
            if place in stored:
                found["doubled"].append(str(place))
            stored[place] = (raw, mark)
            key = (chat_id, json.loads(raw)["sortKey"])
            keys[key] = keys.get(key, 0) + (mark is None)
        found["doubled"] += [str(key) for key, count in keys.items() if count > 1]
        for chat_id, messages in world.snapshot().items():
            if chat_id not in served:
                continue
            for message_id, message in messages.items():
                row = stored.pop((chat_id, message_id), None)
                if row is None:
                    found["lost"].append(f"{chat_id} {message_id}")
                elif json.loads(row[0]) != message:
                    found["stale"].append(f"{chat_id} {message_id}")
                if row is not None and row[1] is not None:
                    found["wrongly missing"].append(f"{chat_id} {message_id}")
        for place, (_, mark) in stored.items():
            if place in world.vanished and place[0] in served and mark is None:
                found["unmarked"].append(str(place))
        titles = dict(db.execute("select id, title from chats where gone_run is null"))
        expected = {chat_id: chat.record["title"] for chat_id, chat in served.items()}
        if titles != expected:
            found["stale"].append(f"chats: {set(titles.items()) ^ set(expected.items())}")
    return {name: places[:5] for name, places in found.items() if places}
