"""Whether the app is the one whose messages are in the archive.

The IDs of messages belong to one installation of the app. Another one gives other IDs to the same
messages, so that all of them would be stored a second time.
"""

import sqlite3
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ...errors import APIConnectionError, APIError, AuthenticationError, NotFoundError
from ..errors import ArchiveMismatchError
from ..storage.records import moment

if TYPE_CHECKING:
    from ...client import AsyncBeeperDesktop

_ANCHORS: Final = 5
"""Messages of different chats that tell whether IDs still mean the same."""
_MOST_CHANGED: Final = 2

_OTHER_ACCOUNT: Final = (
    "The archive belongs to another Beeper account. Use another folder for this account."
)
_OTHER_INSTALLATION: Final = (
    "The app was installed anew, so the same messages have other IDs now. Nothing was written. "
    "Keep this archive as it is, and use another folder from now on."
)


@frozen
class Installation:
    """What is known of the app."""

    account: str | None = None
    device: str | None = None
    is_synced: bool = True
    """False while the app itself still reads its history: nothing is missing then."""


async def read_installation(client: "AsyncBeeperDesktop") -> Installation:
    """Ask the app who is signed in; what it does not answer stays unknown.

    Raises:
        APIConnectionError: The app can't be reached.
        AuthenticationError: The token is not valid.
    """
    try:
        state = await client.app.setup.retrieve()
    except (APIConnectionError, AuthenticationError):
        raise
    except APIError:
        return Installation()
    account = None if state.matrix is None else state.matrix.user_id
    device = None if state.matrix is None else state.matrix.device_id
    return Installation(account, device, state.e2ee.first_sync_done)


def check_installation(connection: sqlite3.Connection, app: Installation) -> None:
    """Compare the app with that of the runs before, and remember it.

    Raises:
        ArchiveMismatchError: It is another one.
    """
    rows = dict(connection.execute("select key, value from meta where key like 'app.%'"))
    account, device = rows.get("app.account"), rows.get("app.device")
    if account and app.account and account != app.account:
        raise ArchiveMismatchError(_OTHER_ACCOUNT)
    if device and app.device and device != app.device:
        raise ArchiveMismatchError(_OTHER_INSTALLATION)
    for key, value in (("app.account", app.account), ("app.device", app.device)):
        if value is not None:
            connection.execute("insert or replace into meta values (?, ?)", (key, value))


@frozen
class Anchor:
    """A message that is asked for before a run."""

    chat_id: str
    message_id: str
    sender: str
    time: int


def anchors_in(connection: sqlite3.Connection) -> list[Anchor]:
    """Return the newest messages of the chats that were active last."""
    rows = connection.execute(
        "select c.id, m.id, m.sender, m.time from chats c join messages m on m.n = ("
        "  select n from messages where chat = c.n and not is_pending and vanished_run is null "
        "  and expired_run is null and deleted_run is null order by pos desc limit 1"
        ") where c.gone_run is null and not c.is_merged "
        "order by c.last_activity desc limit ?",
        (_ANCHORS,),
    )
    return [Anchor(*row) for row in rows]


async def check_anchors(client: "AsyncBeeperDesktop", anchors: list[Anchor]) -> None:
    """Ask for the anchors, and compare what they are now.

    Raises:
        ArchiveMismatchError: Their IDs stand for other messages, or they have other IDs.
    """
    changed = 0
    for anchor in anchors:
        verdict = await _has_changed(client, anchor)
        if verdict is False:
            return  # one that is the same is enough
        changed += verdict is True
    if changed >= _MOST_CHANGED or (changed and changed == len(anchors)):
        raise ArchiveMismatchError(_OTHER_INSTALLATION)


async def _has_changed(client: "AsyncBeeperDesktop", anchor: Anchor) -> bool | None:
    """Return whether the ID of an anchor changed, or None if that is unknown."""
    try:
        message = await client.messages.retrieve(anchor.message_id, chat_id=anchor.chat_id)
    except NotFoundError:
        return await _has_another_id(client, anchor)
    except (APIConnectionError, AuthenticationError):
        raise
    except APIError:
        return None
    is_same = (message.sender_id, _time_in(message.to_dict())) == (anchor.sender, anchor.time)
    return not is_same


async def _has_another_id(client: "AsyncBeeperDesktop", anchor: Anchor) -> bool | None:
    try:
        page = await client.messages.list(anchor.chat_id)
    except (APIConnectionError, AuthenticationError):
        raise
    except APIError:
        return None
    for message in page.items:
        if (message.sender_id, _time_in(message.to_dict())) == (anchor.sender, anchor.time):
            return message.id != anchor.message_id
    return None


def _time_in(raw: dict[str, object]) -> int | None:
    return moment(raw.get("timestamp"))
