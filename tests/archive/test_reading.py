"""Messages, chats, people and versions, read from an archive without an app."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from beeper_async import InvalidInputError
from beeper_async.archive import AmbiguousArchivedChatError, Archive, ChatNotArchivedError
from beeper_async.errors import ClientUseError
from beeper_async.models import Message

from .stored import HOSTILE, NAMES, Shelf, hostile


@pytest.fixture
def shelf(tmp_path: Path) -> Any:
    with Shelf(tmp_path) as shelf:
        yield shelf


def texts(shelf: Shelf, *args: Any, **options: Any) -> list[str | None]:
    return [one.text for one in shelf.archive.messages(*args, **options)]


def test_messages_of_a_chat_come_by_sort_key(shelf: Shelf) -> None:
    chat, other = shelf.chat("One"), shelf.chat("Two")
    for key in ("100", "99", "9", "1000", "key"):
        shelf.message(chat, key, sortKey=key)
    shelf.message(other, "other")
    assert texts(shelf, chat) == ["9", "99", "100", "1000", "key"]
    assert texts(shelf, chat, newest_first=True) == ["key", "1000", "100", "99", "9"]
    assert texts(shelf, "Two") == ["other"]


def test_messages_of_all_chats_come_by_time(shelf: Shelf) -> None:
    one, two = shelf.chat("One"), shelf.chat("Two")
    for number in (3, 1, 2, 4):
        shelf.message((one, two)[number % 2], str(number), timestamp=f"2026-01-0{number}T00:00:00Z")
    assert texts(shelf) == ["1", "2", "3", "4"]
    assert texts(shelf, newest_first=True) == ["4", "3", "2", "1"]
    day = datetime(2026, 1, 2, tzinfo=UTC)
    assert texts(shelf, since=day, until=day + timedelta(days=2)) == ["2", "3"]
    assert texts(shelf, since="2026-01-02T01:00:00+01:00") == ["2", "3", "4"]


def test_a_message_is_what_the_client_would_return(shelf: Shelf) -> None:
    raw = shelf.message(shelf.chat(), "Hi", unknownField={"a": [1, None]}, mentions=None)
    (message,) = shelf.archive.messages()
    assert isinstance(message, Message)
    assert message.to_dict() == raw
    assert message.is_null("mentions")


def test_a_chat_is_found_by_id_local_id_and_title(shelf: Shelf) -> None:
    first, second, third = shelf.chat("Ana"), shelf.chat("Ana"), shelf.chat("Choir")
    for chat in (first, second, third):
        shelf.message(chat, chat)
    (listed,) = (one for one in shelf.archive.chats() if one.id == third)
    assert [texts(shelf, one) for one in (third, "3", "Choir", listed)] == [[third]] * 4
    with pytest.raises(AmbiguousArchivedChatError) as caught:
        shelf.archive.messages("Ana")
    assert caught.value.chat_ids == (first, second)
    assert "Ana" not in str(caught.value)
    for wrong in ("ana", "", "!chat9:local", "\ud800", "%"):
        with pytest.raises(ChatNotArchivedError):
            shelf.archive.messages(wrong)
        with pytest.raises(ChatNotArchivedError):
            shelf.archive.people(wrong)


def test_invalid_parameters_are_refused_at_once(shelf: Shelf) -> None:
    read: Any = shelf.archive.messages
    for options in (
        {"since": datetime(2026, 1, 1)},
        {"until": "yesterday"},
        {"until": 5},
        {"deleted": "no"},
        {"sender": 5},
        {"chat": 5},
    ):
        with pytest.raises(InvalidInputError, match=next(iter(options))):
            read(**options)


def test_how_deleted_and_vanished_messages_appear(shelf: Shelf) -> None:
    chat = shelf.chat()
    kept, deleted, vanished, expired = (shelf.message(chat, text) for text in "kdvx")
    shelf.delete(chat, deleted)
    shelf.mark(vanished)
    shelf.mark(expired, "expired")
    assert texts(shelf, chat) == ["k", None, "v", "x"]
    assert [one.is_deleted for one in shelf.archive.messages(chat)] == [None, True, None, None]
    assert texts(shelf, chat, deleted="restore") == ["k", "d", "v", "x"]
    assert texts(shelf, chat, deleted="hide") == ["k"]
    # What is left of a deleted message can change too.
    shelf.store(chat, {**deleted, "text": None, "isDeleted": True, "isHidden": True})
    assert texts(shelf, chat, deleted="restore") == ["k", "d", "v", "x"]
    assert kept["text"] == "k"


def test_senders_are_found_by_id_and_name(shelf: Shelf) -> None:
    chat = shelf.chat()
    shelf.message(chat, "a")
    shelf.message(chat, "t", senderID="@tomas:local", senderName=None)
    assert texts(shelf, sender="Tomas") == texts(shelf, chat, sender="@tomas:local") == ["t"]
    assert texts(shelf, sender="nobody") == []


def test_a_record_that_can_not_be_read_costs_itself(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    chat = shelf.chat()
    for text in ("one", "secret", "not json", "three"):
        shelf.message(chat, text)
    damage = "update messages set raw = ? where words = ?"
    shelf.sql(damage, b'{"id": 5, "text": "secret"}', "secret")
    shelf.sql(damage, b"{", "not json")
    with caplog.at_level(logging.WARNING, "beeper_async"):
        assert texts(shelf, chat) == ["one", "three"]
    assert len(caplog.records) == 2
    assert "secret" not in caplog.text


def test_what_is_written_meanwhile_neither_doubles_nor_ends_anything(shelf: Shelf) -> None:
    chat = shelf.chat()
    raws = [shelf.message(chat, str(number)) for number in range(10)]
    reading = shelf.archive.messages(chat)
    assert next(reading).text == "0"
    shelf.store(chat, {**raws[0], "sortKey": "999999"})  # moved to the end
    shelf.store(chat, {**raws[5], "text": "five"})
    shelf.message(chat, "new")
    shelf.sql("delete from messages where id = ?", raws[7]["id"])
    assert [one.text for one in reading] == ["1", "2", "3", "4", "five", "6", "8", "9"]


def test_chats_say_how_much_of_them_there_is(shelf: Shelf) -> None:
    old, new = shelf.chat("Old"), shelf.chat("New", merge={"chatIDs": ["a"]})
    first, last = shelf.message(old), shelf.message(old)
    shelf.write(lambda c: shelf.writes.chats.gone(c, old))
    other, chat = shelf.archive.chats()
    assert (other.id, chat.id) == (new, old)  # the newest activity first
    assert (other.is_merged, other.messages, other.first_message) == (True, 0, None)
    assert (chat.title, chat.messages, chat.is_gone, chat.is_merged) == ("Old", 2, True, False)
    assert chat.first_message == datetime.fromisoformat(first["timestamp"])
    assert chat.last_message == datetime.fromisoformat(last["timestamp"])
    assert chat.chat is not None
    assert chat.chat.id == old
    assert "Old" not in repr(chat)


def test_people_and_versions(shelf: Shelf) -> None:
    chat = shelf.chat()
    raw = shelf.message(chat, "first")
    people = shelf.archive.people(chat)
    assert [(one.name, one.is_self) for one in people] == [
        ("Ana", False),
        ("Me", True),
        ("Tomas", False),
    ]
    shelf.next_run()
    shelf.store(chat, {**raw, "text": "second", "editedTimestamp": "2026-05-05T12:00:00Z"})
    shelf.next_run()
    shelf.delete(chat, raw)
    (message,) = shelf.archive.messages(chat)
    versions = shelf.archive.versions(message)
    assert [(one.kind, one.run, one.raw["text"]) for one in versions] == [
        ("edited", 2, "first"),
        ("deleted", 3, "second"),
    ]
    value = versions[0].value
    assert isinstance(value, Message)
    assert value.text == "first"
    assert "first" not in repr(versions)
    values = (shelf.number(chat), "pending", shelf.number_of(raw))
    shelf.sql("insert into aliases values (?, ?, ?)", *values)
    assert shelf.archive.versions(evolve(message, id="pending")) == versions
    assert shelf.archive.versions(evolve(message, id="unknown")) == []
    assert shelf.archive.versions(chat) == []
    assert shelf.archive.versions(shelf.archive.chats()[0]) == []


def test_hostile_records_come_as_they_are(tmp_path: Path) -> None:
    with hostile(tmp_path) as shelf:
        for chat in shelf.archive.chats():
            if chat.title in NAMES:
                assert texts(shelf, chat) == list(HOSTILE)
        assert len(list(shelf.archive.messages())) == len(NAMES) * len(HOSTILE) + 4


def test_a_closed_archive_says_so(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path)
    archive.close()
    for read in (archive.chats, archive.messages, lambda: archive.search("a")):
        with pytest.raises(ClientUseError, match="closed"):
            read()
