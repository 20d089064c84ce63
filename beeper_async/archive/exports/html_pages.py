"""HTML: a page that lists the chats, and pages for each of them, which need nothing else."""

from typing import Final

from .entries import ChatEntry
from .html_chat import ChatPages
from .html_page import address, name, page_end, page_start
from .job import Job
from .output import private_file, private_folder

_TAKEN: Final = ("index", "files")


def write_html(job: Job) -> None:
    """Write all pages to a folder."""
    private_folder(job.out)
    names = job.names(*_TAKEN)
    with private_file(job.out / "index.html") as file:
        file.write(page_start("Messages", "", back=None, placeholder="Search chats"))
        file.write("<main>\n")
        for chat in job.each_chat():
            pages = ChatPages(job, chat, names[chat.n])
            pages.write()
            file.write(_listed(chat, names[chat.n], pages.count))
        file.write(f"</main>\n{page_end()}")


def _listed(chat: ChatEntry, file_name: str, count: int) -> str:
    link = f'<a href="{address(f"{file_name}.html")}">{name(chat.title)}</a>'
    network = f"{name(chat.network)} · " if chat.network else ""
    return f'<article class="chat">{link}<p>{network}{count:,} messages</p></article>\n'
