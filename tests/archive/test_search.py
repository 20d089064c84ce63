"""Searches of an archive, with full-text search and without it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from beeper_async import InvalidInputError
from beeper_async.archive.reading.words import FORM

from .stored import NAMES, Shelf, hostile
from .test_words import CASES, ODD


@pytest.fixture(params=["indexed", "not indexed", "half", "no index"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    """Give an archive with one message for each case, in each state of its index."""
    with Shelf(tmp_path) as shelf:
        chat = shelf.chat()
        for number, (text, _, _) in enumerate(CASES):
            if request.param == "half" and number == len(CASES) // 2:
                shelf.index()
            shelf.message(chat, text)
        if request.param == "indexed":
            shelf.index()
        if request.param == "no index":
            shelf.index()
            shelf.without_full_text_search()
        yield shelf


def texts(shelf: Shelf, words: str, **options: object) -> list[str | None]:
    return [one.text for one in shelf.archive.search(words, **options)]  # type: ignore[arg-type]


def test_all_states_of_the_index_find_the_same(shelf: Shelf) -> None:
    for text, found, missed in CASES:
        assert [words for words in found if text not in texts(shelf, words)] == []
        assert [words for words in missed if text in texts(shelf, words)] == []


def test_odd_input_is_no_error(shelf: Shelf) -> None:
    for words in ODD:
        try:
            list(shelf.archive.search(words))
        except InvalidInputError as error:
            assert words not in str(error)


def test_the_newest_message_comes_first_across_chats(shelf: Shelf) -> None:
    first, second = shelf.chat("One"), shelf.chat("Two")
    for number in range(6):
        shelf.message((first, second)[number % 2], f"gondola {number}")
    # It was archived last, and is the oldest.
    shelf.message(first, "gondola backfilled", timestamp="2020-01-01T00:00:00Z", sortKey="1")
    expected = [f"gondola {number}" for number in (5, 4, 3, 2, 1, 0)] + ["gondola backfilled"]
    assert texts(shelf, "gondola") == expected
    assert texts(shelf, "gondola", limit=2) == expected[:2]
    assert texts(shelf, "gondola", chat=second) == expected[0:6:2]
    assert texts(shelf, "gondola", chat="Two", limit=1) == expected[:1]
    assert texts(shelf, "gondola", until="2021-01-01T00:00:00Z") == expected[-1:]
    assert texts(shelf, "gondola", since="2021-01-01T00:00:00Z") == expected[:-1]
    assert texts(shelf, "gondola", sender="Ana") == expected
    assert texts(shelf, "gondola", sender="@ana:local") == expected
    assert texts(shelf, "gondola", sender="Tomas") == []


def test_what_was_edited_is_found_by_its_new_words_alone(shelf: Shelf) -> None:
    chat = shelf.chat()
    raw = shelf.message(chat, "zeppelin old")
    shelf.index()
    for text in ("airship new", "airship newer", "zeppelin"):
        shelf.store(chat, {**raw, "text": text})
        for _ in range(2):  # before the index is brought up to date, and after
            assert texts(shelf, "airship") == [text] * ("airship" in text)
            assert texts(shelf, "zeppelin") == [text] * ("zeppelin" in text)
            shelf.index()
    shelf.delete(chat, raw)
    assert texts(shelf, "zeppelin") == []
    shelf.index()
    assert texts(shelf, "zeppelin") == []


def test_names_of_files_are_found(shelf: Shelf) -> None:
    chat = shelf.chat()
    file = {"type": "unknown", "id": "mxc://x/1", "fileName": "Partitur_Händel.pdf"}
    raw = shelf.message(chat, None, attachments=[file])
    assert [one.id for one in shelf.archive.search("partitur handel pdf")] == [raw["id"]]


def test_hostile_messages_are_found_by_their_words(tmp_path: Path) -> None:
    with hostile(tmp_path) as shelf:
        with_index = {words: texts(shelf, words) for words in ("owned", "hyperlink evil", "שלום")}
        shelf.index()
        assert {words: texts(shelf, words) for words in with_index} == with_index
        # Once in each chat, and in the name of a file.
        assert [len(found) for found in with_index.values()] == [len(NAMES) + 1] * 3
        assert len(texts(shelf, '"word word word"')) == 1


def test_an_index_of_another_form_is_built_anew(tmp_path: Path) -> None:
    with Shelf(tmp_path) as shelf:
        chat = shelf.chat()
        shelf.message(chat, "gondola")
        shelf.index()
        shelf.sql("update meta set value = 'old' where key = 'index_form'")
        shelf.sql("insert into search (search) values ('delete-all')")
        assert texts(shelf, "gondola") == ["gondola"]  # without the index
        shelf.index()
        assert shelf.sql("select value from meta where key = 'index_form'") == [(FORM,)]
        assert texts(shelf, "gondola") == ["gondola"]


def test_the_index_is_sound_after_many_changes(tmp_path: Path) -> None:
    with Shelf(tmp_path) as shelf:
        chat = shelf.chat()
        items = [shelf.message(chat, f"word{number} common") for number in range(50)]
        shelf.index()
        for turn in range(3):
            for number, raw in enumerate(items):
                if number % 3 == turn:
                    shelf.store(chat, {**raw, "text": f"turn{turn} common"})
            shelf.index()
        query = "select count(*) from search where search match ?"
        for word, count in (("word1", 0), ("turn1", 17), ("common", 50)):
            assert shelf.sql(query, word) == [(count,)]
        shelf.sql("insert into search (search) values ('integrity-check')")


def test_a_search_that_is_not_read_to_its_end_holds_nothing(tmp_path: Path) -> None:
    with Shelf(tmp_path) as shelf:
        chat = shelf.chat()
        for number in range(100):
            shelf.message(chat, f"gondola {number}")
        found = shelf.archive.search("gondola")
        assert len(list(islice(found, 3))) == 3
        database = shelf.archive._database
        row = database._connection.execute("pragma wal_checkpoint(truncate)").fetchone()
        assert row[0] == 0  # it would be 1 while a reader is in the way
        shelf.message(chat, "gondola last")  # nobody holds the writer up
        assert len(list(found)) == 97


@pytest.mark.parametrize("limit", [0, -1, True])
def test_a_limit_below_one_is_refused(tmp_path: Path, limit: int) -> None:
    with Shelf(tmp_path) as shelf, pytest.raises(InvalidInputError, match="limit"):
        shelf.archive.search("word", limit=limit)
