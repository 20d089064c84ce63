"""JSON Lines: one object for each message, as it was received and what the archive has of it."""

from typing import Any

import orjson

from .entries import ChatEntry, Entry, FileEntry
from .job import Job
from .output import private_file


def write_jsonl(job: Job) -> None:
    """Write all messages to one file."""
    with private_file(job.out) as file:
        for chat, entry in job.each_message():
            file.write(_line(chat, entry))


def _line(chat: ChatEntry, entry: Entry) -> str:
    line = {
        "message": orjson.Fragment(entry.raw),
        "archive": {
            "chat": {"id": chat.id, "title": chat.title, "network": chat.network},
            "sender": entry.sender,
            "deleted": entry.deleted,
            "vanished": entry.vanished,
            "expired": entry.expired,
            "versions": [
                {"kind": one.kind, "at": one.at, "message": orjson.Fragment(one.raw)}
                for one in entry.versions
            ],
            "files": [_file(one) for one in entry.files],
        },
    }
    options = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
    return orjson.dumps(line, option=options).decode()


def _file(file: FileEntry) -> dict[str, Any]:
    path = f"files/{file.sha256[:2]}/{file.sha256}" if file.sha256 else None
    fields = {"number": file.number, "name": file.name, "state": file.state}
    return fields | {"size": file.size, "sha256": file.sha256, "path": path}
