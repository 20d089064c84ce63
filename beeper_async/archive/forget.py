"""Removing a chat for good: its rows, its words in the index, and its files.

What is in a file of SQLite stays there until it is overwritten. So the file is written anew, and
the log emptied. What remains to be done is noted in the transaction that removes the rows; if the
program is killed, `finish` does it the next time.
"""

import json
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from .search import clear_index, update_index

_DUE: Final = "forgotten"
"""Key of `meta`: a list of the files that are to be removed. It is there until all is done."""

_OF_CHAT: Final = "(select n from messages where chat = ?1)"
_UNUSED: Final = "file is not null and file not in (select file from attachments where message not in"
_STATEMENTS: Final = (
    f"delete from attachments where message in {_OF_CHAT}",
    "delete from versions where chat = ?1",
    "delete from aliases where chat = ?1",
    "delete from messages where chat = ?1",
    "delete from people where chat = ?1",
    "delete from problems where chat = ?1",
    "delete from marks where chat = ?1",
    "delete from chats where n = ?1",
)
