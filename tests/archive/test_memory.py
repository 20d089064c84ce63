"""Memory does not grow with the messages of an archive, however they are read."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from beeper_async.archive import Archive
from beeper_async.archive.reading.search import clear_index

from .stored import Shelf

MESSAGES = 5_000
LONG = "gondola " * 250
MOST = 1_000_000
"""Bytes; the messages alone are more than 10 million."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    with Shelf(folder) as shelf:
        for title in ("One", "Two"):
            chat = shelf.chat(title)
            fields = {"accountID": "whatsapp", "chatID": chat, "senderID": "@ana:local"}
            shelf.store(
                chat,
                *(
                    {
                        **fields,
                        "id": str(n),
                        "sortKey": str(n),
                        "timestamp": f"2026-05-{1 + n * 30 // MESSAGES:02}T10:00:00Z",
                        "text": f"{LONG} {n}",
                    }
                    for n in range(MESSAGES // 2)
                ),
            )
    return folder


def exhaust(items: Iterator[object]) -> int:
    return sum(1 for _ in items)


READS: dict[str, Callable[[Archive, Path], int]] = {
    "messages": lambda archive, _: exhaust(archive.messages()),
    "chat": lambda archive, _: 2 * exhaust(archive.messages("One", newest_first=True)),
    "search": lambda archive, _: exhaust(archive.search("gondola")),
    "jsonl": lambda archive, out: archive.export("jsonl", out).messages,
    "csv": lambda archive, out: archive.export("csv", out).messages,
    "markdown": lambda archive, out: archive.export("markdown", out).messages,
    "html": lambda archive, out: archive.export("html", out).messages,
}


@pytest.mark.parametrize("name", READS)
def test_reading_takes_little_memory(folder: Path, tmp_path: Path, name: str) -> None:
    with Shelf(folder) as shelf:
        exhaust(shelf.archive.messages("Two"))  # what is loaded on first use
        tracemalloc.start()
        try:
            assert READS[name](shelf.archive, tmp_path / "out") == MESSAGES
            assert tracemalloc.get_traced_memory()[1] < MOST
        finally:
            tracemalloc.stop()


def test_indexing_takes_little_memory(folder: Path) -> None:
    with Shelf(folder) as shelf:
        shelf.write(clear_index)
        tracemalloc.start()
        try:
            shelf.index()
            assert tracemalloc.get_traced_memory()[1] < MOST
        finally:
            tracemalloc.stop()
        assert len(list(shelf.archive.search("2499 gondola"))) == 2
