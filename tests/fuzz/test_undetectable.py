"""The rules of what no client can find: each excuses what it should, and nothing close to it."""

import pytest

from .store import PAGE, Chat, Message, Sent, Store
from .test_lies import chat_of
from .undetectable import Facts

NOW = 100.0


def facts_of(chat: Chat, **closed_at: float | None) -> Facts:
    """Return facts about one chat, subscribed to at 0, with a connection of number 1."""
    store = Store(chat.clock, {chat.id: chat})
    return Facts(store, 0.0, {1: closed_at.get("closed_at")})


def add(chat: Chat, place: int, *, is_late: bool, at: float = NOW) -> Message:
    """Put a new message into a chat."""
    message = Message(
        chat=chat, id=f"new{len(chat.messages)}", time=-500.0 if is_late else at, made_at=at,
        sort_key="1", text="x", is_late=is_late,
    )  # fmt: skip
    message.note(at)
    chat.messages.insert(place, message)
    return message


def change(message: Message, at: float = NOW) -> Message:
    """Edit a message."""
    message.text = "edited"
    message.note(at)
    return message


def tell(message: Message, at: float, *, is_whole: bool = True) -> None:
    """Send a frame about a message."""
    message.sent.append(Sent(at, message.state, 1, is_whole))


def test_an_ordinary_message_has_no_excuse() -> None:
    chat = chat_of(0, "honest")
    assert facts_of(chat).why_not_created(add(chat, 0, is_late=False)) is None


def test_a_message_that_is_gone_has_one() -> None:
    chat = chat_of(3, "honest")
    message = add(chat, 3, is_late=False)
    message.deleted = "gone"
    assert facts_of(chat).why_not_created(message)


@pytest.mark.parametrize(("place", "is_excused"), [(0, True), (10, True), (11, False), (30, False)])
def test_a_late_message_needs_something_known_below(place: int, is_excused: bool) -> None:
    chat = chat_of(30, "honest")  # of which 20 are on the newest page
    message = add(chat, place, is_late=True)
    assert (facts_of(chat).why_not_created(message) is not None) is is_excused


def test_what_is_known_is_what_was_read_first() -> None:
    chat = chat_of(30, "honest")
    chat.first_read, chat.first_page = 1.0, chat.messages[-5:]
    message = add(chat, 20, is_late=True)
    assert facts_of(chat).why_not_created(message)
    chat.first_page = chat.messages[-15:]
    assert facts_of(chat).why_not_created(message) is None


def test_a_late_message_that_looks_like_history_makes_nothing_known() -> None:
    chat = chat_of(30, "honest")
    add(chat, 3, is_late=True, at=NOW - 1)
    assert facts_of(chat).why_not_created(add(chat, 5, is_late=True))


def test_a_late_message_before_the_first_read_has_to_be_told() -> None:
    chat = chat_of(5, "honest")
    message = add(chat, 5, is_late=True, at=3.0)
    assert facts_of(chat).why_not_created(message)
    tell(message, 3.0)
    assert facts_of(chat).why_not_created(message) is None


@pytest.mark.parametrize(
    ("at", "is_whole", "closed_at", "arrives"),
    [(50.0, True, None, True), (50.0, False, None, False), (50.0, True, 50.05, False),
     (50.0, True, 52.0, True)],
)  # fmt: skip
def test_an_old_message_that_changes_has_to_be_told(
    at: float, is_whole: bool, closed_at: float | None, arrives: bool
) -> None:
    chat = chat_of(30, "honest")
    message = change(chat.messages[30 - PAGE - 1])
    tell(message, at, is_whole=is_whole)
    assert (facts_of(chat, closed_at=closed_at).why_not_changed(message) is None) is arrives


def test_a_frame_of_an_earlier_state_does_not_count() -> None:
    chat = chat_of(30, "honest")
    message = change(chat.messages[0])
    tell(message, NOW)
    message.text = "edited again"
    message.note(NOW + 1)
    assert facts_of(chat).why_not_changed(message)


def test_a_message_of_the_newest_page_has_no_excuse() -> None:
    chat = chat_of(30, "honest")
    assert facts_of(chat).why_not_changed(change(chat.messages[-PAGE])) is None


@pytest.mark.parametrize(("first_read", "is_excused"), [(2.0, False), (4.0, True), (None, True)])
def test_a_change_before_the_first_read_has_one(first_read: float | None, is_excused: bool) -> None:
    chat = chat_of(5, "honest")
    chat.first_read, chat.first_page = first_read, list(chat.messages)
    message = change(chat.messages[2], at=3.0)
    assert (facts_of(chat).why_not_changed(message) is not None) is is_excused


def test_nobody_has_long_for_the_first_read() -> None:
    chat = chat_of(5, "honest")
    chat.first_read = 90.0
    assert facts_of(chat).why_not_changed(change(chat.messages[2], at=50.0)) is None


def test_a_new_message_that_changes_has_no_excuse() -> None:
    chat = chat_of(5, "honest")
    message = add(chat, 5, is_late=False)
    assert facts_of(chat).why_not_changed(change(message, at=NOW + 1)) is None


def test_a_forgotten_pending_id_without_a_status_has_one() -> None:
    chat = chat_of(5, "honest")
    message = add(chat, 5, is_late=False)
    assert facts_of(chat).why_twice(message) is None
    message.former_id, message.is_former_id_known = "m1", False
    assert facts_of(chat).why_twice(message)
    message.status = "SUCCESS"
    assert facts_of(chat).why_twice(message) is None


def test_a_final_id_that_only_its_deletion_named_has_one() -> None:
    chat = chat_of(5, "honest")
    message = add(chat, 5, is_late=False)
    message.former_id, message.id, message.status = "m1", "final", "SUCCESS"
    message.note(NOW + 1)
    message.deleted = "gone"
    message.note(NOW + 2)
    assert facts_of(chat).why_twice(message)
    message.sent.append(Sent(NOW + 1, message.log[-2], 1, is_whole=True))
    assert facts_of(chat).why_twice(message) is None


@pytest.mark.parametrize(("at", "is_excused"), [(49.0, False), (60.0, True), (81.0, False)])
def test_a_change_that_was_taken_back_over_a_restart_has_one(at: float, is_excused: bool) -> None:
    chat = chat_of(5, "honest")
    message = chat.messages[2]
    before = message.text
    chat.first_read, chat.first_page = 1.0, list(chat.messages)
    tell(change(message, at=50.0), at=50.0)
    message.text = before
    message.note(80.0)
    facts = facts_of(chat)
    facts.restarted_at.append(at)
    assert (facts.why_not_changed(message) is not None) is is_excused
