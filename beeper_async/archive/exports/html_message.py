"""One message as HTML."""

import html
from collections import Counter
from collections.abc import Iterator

from ...models.attachment import Attachment
from .entries import ChatEntry, Entry, FileEntry
from .html_page import address, avatar, name, one_line, time_tag
from .job import Job
from .markup import safe_html
from .media import is_inline, path_in_export
from .output import place_copy


class MessageWriter:
    """Writes the messages of one chat.

    Args:
        job: The export.
        chat: The chat.
        up: What leads from the folder of the page to that of the export, e.g. `../`.
    """

    def __init__(self, job: Job, chat: ChatEntry, up: str) -> None:
        self._job = job
        self._chat = chat
        self._up = up

    def write(self, entry: Entry, reply: str) -> str:
        """Return a message as HTML.

        Args:
            entry: The message.
            reply: What it replies to, as HTML.
        """
        time = self._job.local(entry.time)
        classes = "message" + " own" * entry.is_own + " gone" * bool(_gone(entry))
        sender = avatar(entry.message.sender_id, entry.sender)
        link = f'<a href="#m{entry.n}">{time_tag(time, f"{time:%H:%M}")}</a>'
        marks = "".join(f'<span class="mark">{mark}</span>' for mark in _marks(entry))
        return (
            f'<article class="{classes}" id="m{entry.n}">{sender}<div class="bubble">'
            f'<div class="head"><strong class="name">{name(entry.sender)}</strong>{link}{marks}'
            f"</div>{reply}{_text(entry)}{''.join(self._files(entry))}{_links(entry)}"
            f"{_reactions(entry)}{self._older(entry)}</div></article>\n"
        )

    def _files(self, entry: Entry) -> Iterator[str]:
        attachments = entry.message.attachments or []
        for file in entry.files:
            found = attachments[file.number] if file.number < len(attachments) else None
            yield f'<div class="file">{self._file(file, found)}</div>'

    def _file(self, file: FileEntry, attachment: Attachment | None) -> str:
        label = one_line(file.name or "") or _description(file, attachment)
        if not self._is_placed(file):
            state = "not in the archive" if file.state == "have" else html.escape(file.state)
            return f'<span class="missing">{name(label)} ({state})</span>'
        path = address(self._up + path_in_export(file))
        shown = name(label)
        if is_inline(file):
            shown = f'<img src="{path}" alt="{html.escape(label)}" loading="lazy">'
        return f'<a href="{path}" target="_blank" rel="noopener noreferrer">{shown}</a>'

    def _is_placed(self, file: FileEntry) -> bool:
        job = self._job
        if file.state != "have" or file.sha256 is None:
            job.missing_files += 1
            return False
        if file.sha256 in job.written_files:
            return True
        source = job.files / file.sha256[:2] / file.sha256
        if not place_copy(source, job.out / path_in_export(file)):
            job.missing_files += 1
            return False
        job.written_files.add(file.sha256)
        return True

    def _older(self, entry: Entry) -> str:
        older = "".join(
            f"<p>{self._job.local(version.at):until %Y-%m-%d %H:%M}</p>"
            f'<div class="text" dir="auto">{safe_html(text)}</div>'
            for version, text in entry.older_texts()
        )
        title = "Before it was deleted" if entry.deleted else "Older versions"
        return f'<details class="older"><summary>{title}</summary>{older}</details>' * bool(older)


def reply_html(sender: str, text: str, link: str | None) -> str:
    """Return what a message replies to.

    Args:
        sender: Who wrote it.
        text: Its text.
        link: Address of it, ready for an attribute, if it is in the export.
    """
    quoted = f'{name(sender)}: <span dir="auto">{html.escape(text)}</span>'
    if link is not None:
        quoted = f'<a href="{link}">{quoted}</a>'
    return f'<div class="reply">{quoted}</div>'


def _text(entry: Entry) -> str:
    text = entry.message.text
    if not text:
        # An image whose file the app does not name, for example.
        is_empty = not entry.files and not _gone(entry)
        kind = html.escape((entry.message.type or "message").lower())
        return f'<div class="missing">({kind} without content)</div>' if is_empty else ""
    shown = safe_html(text.replace("{{sender}}", entry.sender))
    return f'<div class="text" dir="auto">{shown}</div>'


def _gone(entry: Entry) -> list[str]:
    marks = {
        "deleted": entry.deleted,
        "no longer in the app": entry.vanished,
        "disappeared by its timer": entry.expired,
    }
    return [mark for mark, time in marks.items() if time is not None]


def _marks(entry: Entry) -> list[str]:
    return ["edited"] * (entry.message.edited_timestamp is not None) + _gone(entry)


def _links(entry: Entry) -> str:
    titles = [one_line(link.title) for link in entry.message.links or []]
    return "".join(f'<div class="file">{name(title)}</div>' for title in titles if title)


def _reactions(entry: Entry) -> str:
    counts = Counter(one.reaction_key for one in entry.message.reactions or [])
    shown = " ".join(f"{name(key)}&nbsp;{count}" for key, count in counts.items())
    return f'<p class="reactions">{shown}</p>' if shown else ""


def _description(file: FileEntry, attachment: Attachment | None) -> str:
    if attachment is not None and attachment.is_voice_note:
        return "voice message"
    return {"img": "photo", "video": "video", "audio": "audio"}.get(file.kind or "", "file")
