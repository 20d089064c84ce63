"""How far a chat has been read: what the next run continues from."""

import sqlite3
from typing import Any, NamedTuple


class Marks(NamedTuple):
    """The marks of one chat. `schema` says what each one means."""

    chat: int
    head_cursor: str | None
    head_n: int
    back_cursor: str | None
    back_run: int | None
    end_cursor: str | None
    end_run: int | None
    swept_run: int | None
    swept_at: int | None


def marks_of(connection: sqlite3.Connection, chat: int) -> Marks:
    """Return the marks of a chat."""
    columns = ", ".join(Marks._fields)
    row = connection.execute(f"select {columns} from marks where chat = ?", (chat,)).fetchone()  # noqa: S608
    return Marks(*row)


def set_marks(connection: sqlite3.Connection, chat: int, **values: Any) -> None:
    """Set marks of a chat, by their names."""
    assignments = ", ".join(f"{name} = ?" for name in values)
    connection.execute(
        f"update marks set {assignments} where chat = ?",  # noqa: S608
        (*values.values(), chat),
    )


def last_number(connection: sqlite3.Connection) -> int:
    """Return the number of the message that was stored last."""
    return int(connection.execute("select max(n) from messages").fetchone()[0] or 0)
