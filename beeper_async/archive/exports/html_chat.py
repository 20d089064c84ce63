"""A chat as pages of HTML: one, or one for each month and a list of them."""

from bisect import bisect_right
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Final, NamedTuple, TextIO

import orjson

from ..reading.selection import Numbers
from ..storage.records import time_of
from .entries import ChatEntry, Entry
from .html_message import MessageWriter, reply_html
from .html_page import address, one_line, page_end, page_start, time_tag
from .job import Job
from .output import private_file, private_folder

MOST_ON_PAGE: Final = 2_000
_LONGEST_IN_SEARCH: Final = 1_000
"""Characters of a message that the list of a long chat finds."""


class Page(NamedTuple):
    """A page with messages."""

    path: str
    """From the folder of the export."""
    title: str
    start: tuple[str, int]
    """Position and number of its first message."""
    first: int
    """Place of its first message among all messages of the chat."""


class ChatPages:
    """Writes one chat.

    Args:
        job: The export.
        chat: The chat.
        name: Name of its page, without its ending.
    """

    def __init__(self, job: Job, chat: ChatEntry, name: str) -> None:
        self._job = job
        self._chat = chat
        self._name = name
        self._numbers: Numbers = job.source.numbers_of(chat)
        self._pages = self._divided()
        self._starts = [page.start for page in self._pages]
        self._up = "../" if self._is_long else ""
        self._writer = MessageWriter(job, chat, self._up)

    @property
    def count(self) -> int:
        """Number of messages."""
        return len(self._numbers)

    @property
    def _folder(self) -> str:
        # Another chat may be called like the page of this one, but no page ends like this.
        return f"{self._name}.pages"

    @property
    def _is_long(self) -> bool:
        return len(self._numbers) > MOST_ON_PAGE

    def _divided(self) -> list[Page]:
        """Divide a long chat into months, and a month with very many messages further."""
        if not self._is_long:
            return [Page(f"{self._name}.html", "", ("", 0), 0)]
        pages: list[Page] = []
        month, part = "", 1
        for place, n in enumerate(self._numbers):
            row = self._job.connection.execute(
                "select pos, time from messages where n = ?", (n,)
            ).fetchone()
            if row is None:  # it was removed meanwhile
                continue
            # An older time between newer ones does not lead back to the page of another month.
            newest = max(month, f"{self._job.local(time_of(row[1])):%Y-%m}")
            is_full = bool(pages) and place - pages[-1].first >= MOST_ON_PAGE
            if newest == month and not is_full:
                continue
            month, part = newest, part + 1 if newest == month else 1
            title = month if part == 1 else f"{month}-{part}"
            pages.append(Page(f"{self._folder}/{title}.html", title, (row[0], n), place))
        return pages

    def write(self) -> None:
        """Write all pages."""
        if self._is_long:
            self._write_pages()
            return
        with self._page(0) as file:
            for part, _ in self._messages(0):
                file.write(part)

    def _write_pages(self) -> None:
        private_folder(self._job.out / self._folder)
        with private_file(self._job.out / f"{self._name}.html") as contents:
            contents.write(
                page_start(
                    self._chat.title,
                    self._subtitle(),
                    back="index.html",
                    placeholder="Search all months",
                )
            )
            links = "".join(
                f'<a href="{address(page.path)}">{page.title}</a>' for page in self._pages
            )
            contents.write(f'<nav class="pages">{links}</nav>\n<main></main>\n')
            contents.write('<script id="data" type="application/json">[')
            separator = ""
            for number in range(len(self._pages)):
                with self._page(number) as file:
                    for part, entry in self._messages(number):
                        file.write(part)
                        contents.write(separator + self._row(number, entry))
                        separator = ",\n"
            contents.write(f"]</script>\n{page_end()}")

    @contextmanager
    def _page(self, number: int) -> Generator[TextIO]:
        """Write a page around its messages."""
        page = self._pages[number]
        title = f"{self._chat.title} · {page.title}" if page.title else self._chat.title
        with private_file(self._job.out / page.path) as file:
            file.write(
                page_start(
                    title,
                    self._subtitle(),
                    back=f"{self._up}index.html",
                    placeholder="Search this page",
                )
            )
            links = self._neighbours(number)
            file.write(f"{links}<main>\n")
            yield file
            file.write(f"</main>\n{links}{page_end()}")

    def _messages(self, number: int) -> Iterator[tuple[str, Entry]]:
        """Yield the messages of a page, each with the day before it if it is another one."""
        first = self._pages[number].first
        last = self._pages[number + 1].first if number + 1 < len(self._pages) else None
        day: date | None = None
        for entry in self._job.counted(self._chat, self._numbers[first:last]):
            if not entry.is_in_conversation:
                continue
            time = self._job.local(entry.time)
            heading = ""
            if time.date() != day:
                day = time.date()
                heading = f'<h2 class="day">{time_tag(time, f"{day:%A, %d %B %Y}")}</h2>\n'
            yield heading + self._writer.write(entry, self._reply(number, entry)), entry

    def _reply(self, number: int, entry: Entry) -> str:
        quote = self._job.source.quote(self._chat, entry)
        if quote is None:
            return ""
        link = None
        if quote.is_exported:
            target = max(bisect_right(self._starts, (quote.pos, quote.n)) - 1, 0)
            page = "" if target == number else address(self._up + self._pages[target].path)
            link = f"{page}#m{quote.n}"
        return reply_html(quote.sender, quote.text, link)

    def _row(self, number: int, entry: Entry) -> str:
        """Return what the search over all pages has of a message."""
        place = address(self._pages[number].path)
        text = "\n".join(
            [entry.text[:_LONGEST_IN_SEARCH], *(one.name or "" for one in entry.files)]
        )
        time = f"{self._job.local(entry.time):%Y-%m-%d %H:%M}"
        row = [f"{place}#m{entry.n}", time, one_line(entry.sender), text.strip()]
        # In a script, `</script` and `<!--` end or change what follows, whatever is around them.
        return orjson.dumps(row).decode().replace("<", "\\u003c")

    def _neighbours(self, number: int) -> str:
        if not self._is_long:
            return ""
        links = [f'<a href="{address(f"{self._up}{self._name}.html")}">All months</a>']
        for neighbour, sign in ((number - 1, "←"), (number + 1, "→")):
            if 0 <= neighbour < len(self._pages):
                page = self._pages[neighbour]
                links.append(f'<a href="{address(self._up + page.path)}">{sign} {page.title}</a>')
        return f'<nav class="pages">{"".join(links)}</nav>\n'

    def _subtitle(self) -> str:
        parts = (self._chat.network, f"{self.count:,} messages")
        return " · ".join(part for part in parts if part)
