"""Markdown: one file for each chat."""

from collections.abc import Iterator
from datetime import date

from ...bots.text import escape_markdown, plain_text
from .entries import ChatEntry, Entry
from .job import Job
from .output import private_file, private_folder


def write_markdown(job: Job) -> None:
    """Write a file for each chat to a folder."""
    private_folder(job.out)
    names = job.names()
    for chat in job.each_chat():
        with private_file(job.out / f"{names[chat.n]}.md") as file:
            for part in _chat(job, chat):
                file.write(part)


def _chat(job: Job, chat: ChatEntry) -> Iterator[str]:
    yield f"# {_inline(chat.title) or 'Chat'}\n"
    day: date | None = None
    for entry in job.counted(chat, job.source.numbers_of(chat)):
        if not entry.is_in_conversation:
            continue
        time = job.local(entry.time)
        if time.date() != day:
            day = time.date()
            yield f"\n## {day:%Y-%m-%d}\n"
        yield f"\n**{_inline(entry.sender) or '?'}** {time:%H:%M}{_marks(entry)}\n\n"
        yield from _content(job, chat, entry)


def _content(job: Job, chat: ChatEntry, entry: Entry) -> Iterator[str]:
    quote = job.source.quote(chat, entry)
    if quote is not None:
        yield f"> {_inline(quote.sender)}: {_inline(quote.text)}\n\n"
    if entry.text:
        # A backslash ends a line, but not the paragraph.
        yield "\\\n".join(map(_line, entry.text.splitlines())) + "\n\n"
    if entry.files:
        yield "".join(f"- {_inline(file.name or 'file')}\n" for file in entry.files) + "\n"
    reactions = [one.reaction_key for one in entry.message.reactions or []]
    if reactions:
        yield f"{_inline(' '.join(reactions))}\n\n"
    for version, text in entry.older_texts():
        yield f"> *until {job.local(version.at):%Y-%m-%d %H:%M}:* {_inline(plain_text(text))}\n\n"


def _marks(entry: Entry) -> str:
    marks = {
        "edited": entry.message.edited_timestamp,
        "deleted": entry.deleted,
        "no longer in the app": entry.vanished,
        "disappeared": entry.expired,
    }
    shown = ", ".join(name for name, time in marks.items() if time is not None)
    return f" *({shown})*" if shown else ""


def _inline(text: str) -> str:
    return escape_markdown(" ".join(text.split()))


def _line(line: str) -> str:
    # An empty line would end the paragraph, and what follows could begin another kind of block.
    return escape_markdown(line) or "\u00a0"
