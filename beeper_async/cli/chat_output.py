"""What is printed of a chat."""

from typing import Final

from beeper_async.models import Chat

from .message_text import preview
from .output import Layout, Printer, printer as printer_of
from .table import Column
from .text import clean
from .times import ago, iso


def printer(*, as_json: bool, with_preview: bool) -> Printer[Chat]:
    """Choose what suits standard output."""
    columns = (*_COLUMNS, _PREVIEW) if with_preview else _COLUMNS
    return printer_of(Layout(columns, _fields, _json), as_json=as_json)


def network_of(chat: Chat) -> str:
    """Return the network of a chat, clean."""
    # Apps before 4.2.808 don't name the network; the account's ID mostly tells it.
    return clean(chat.network or chat.account_id)


def _marks(chat: Chat) -> list[str]:
    marks = {
        "pinned": chat.is_pinned,
        "muted": chat.is_muted,
        "archived": chat.is_archived,
        "unread": chat.is_marked_unread,
    }
    return [mark for mark, is_set in marks.items() if is_set]


def _letters(chat: Chat) -> str:
    return "".join(mark[0].upper() for mark in _marks(chat))


def _fields(chat: Chat) -> tuple[str, ...]:
    return (
        chat.title,
        network_of(chat),
        str(chat.unread_count),
        iso(chat.last_activity),
        ",".join(_marks(chat)),
        preview(chat),
    )


def _json(chat: Chat) -> str:
    return chat.to_json(indent=None)


_COLUMNS: Final = (
    Column("", "yellow", _letters, least=2),
    Column[Chat]("CHAT", "bold", lambda chat: clean(chat.title), least=14, share=45),
    Column("NETWORK", "cyan", network_of, most=15, rank=1),
    Column[Chat]("NEW", "bold green", lambda chat: str(chat.unread_count or ""), right=True),
    Column[Chat]("ACTIVE", "dim", lambda chat: ago(chat.last_activity), least=10, rank=2),
)
_PREVIEW: Final = Column("LAST MESSAGE", "", preview, share=55, rank=3)
