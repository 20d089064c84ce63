"""The checks of parameters at their edges, one by one."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from beeper_async import APIError, AsyncBeeperDesktop, InvalidInputError, _validation, models
from beeper_async._omit import omit
from beeper_async.testing import Simulator

from . import reference


@pytest.mark.parametrize("value", [None, omit, "", "ab", "abc", ["a", "b", "c"]])
def test_what_is_no_longer_than_allowed(value: Any) -> None:
    assert _validation.check_max_length("name", value, 3) is value


@pytest.mark.parametrize("value", ["abcd", ["a", "b", "c", "d"]])
def test_what_is_longer(value: Any) -> None:
    with pytest.raises(InvalidInputError, match="name must have 3 characters at most"):
        _validation.check_max_length("name", value, 3)
    with pytest.raises(InvalidInputError, match="1,000 characters"):
        _validation.check_max_length("name", "x" * 1001, 1000)


@pytest.mark.parametrize("value", [None, omit, ["a"], ["a", "b"]])
def test_lists_of_words_may_be_left_out(value: Any) -> None:
    assert _validation.check_choices("name", value, "a", "b") == value


@pytest.mark.parametrize("value", ["a", ["a", "c"], [1], []])
def test_other_words_are_refused(value: Any) -> None:
    with pytest.raises(InvalidInputError, match="name must"):
        _validation.check_choices("name", value, "a", "b")


CHECKS: list[Callable[[str, Any], Any]] = [
    _validation.check_time,
    _validation.check_seconds,
    _validation.check_choice,
    _validation.check_not_empty,
    _validation.check_text_list,
    _validation.check_text_map,
    _validation.check_bool,
    partial(_validation.check_optional_input, models.DraftInput),
]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("value", [None, omit])
def test_what_may_be_left_out_or_none(check: Callable[[str, Any], Any], value: Any) -> None:
    assert check("name", value) is value


def test_lengths_of_time() -> None:
    for value in (0, 0.0, 5, 2.5, float("inf")):
        assert _validation.check_seconds("name", value) is value
    for wrong in (-1, -0.1, True, "5", float("nan")):
        with pytest.raises(InvalidInputError, match=r"^name must be seconds, 0 or more\.$"):
            _validation.check_seconds("name", wrong)


def test_times() -> None:
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert _validation.check_time("name", noon) == "2026-05-01T12:00:00+00:00"
    assert _validation.check_time("name", "2026-05-01T12:00:00Z") == "2026-05-01T12:00:00Z"
    for wrong in (datetime(2026, 5, 1), "2026-05-01T12:00:00", "soon", 5):
        with pytest.raises(InvalidInputError, match=r"^name "):
            _validation.check_time("name", wrong)


def test_texts_and_maps_of_texts() -> None:
    assert _validation.check_text_list("name", ("a", "b")) == ["a", "b"]
    assert _validation.check_text_map("name", {"a": "b"}) == {"a": "b"}
    for wrong in ([("a", "b")], {"a": 1}, {1: "a"}, "a"):
        with pytest.raises(InvalidInputError, match=r"^name must be a dict of texts"):
            _validation.check_text_map("name", wrong)


check_draft: Callable[[Any], models.DraftInput] = partial(
    _validation.check_input, models.DraftInput, "draft"
)


def test_fields_of_nested_parameters_may_be_left_out() -> None:
    for given in (
        {"text": "a"},
        {"text": "a", "attachments": omit},
        {"text": "a", "attachments": None},
    ):
        assert check_draft(given) == models.DraftInput(text="a")
    for value in (None, omit):
        with pytest.raises(InvalidInputError, match=r"^draft.text is missing\.$"):
            check_draft({"text": value})
    with pytest.raises(InvalidInputError, match="draft has no field 'words'; it has text, att"):
        check_draft({"text": "a", "words": "b"})
    with pytest.raises(InvalidInputError, match=r"^draft must be a DraftInput or a dict"):
        check_draft("a")


def test_nested_parameters_are_checked_all_the_way() -> None:
    made = check_draft({"text": "a", "attachments": {"1": {"upload_id": "u"}}})
    assert made.attachments == {"1": models.DraftAttachmentInput(upload_id="u")}
    assert check_draft(made) == made
    extra = models.DraftInput(text="a", extra={"colour": "red"})
    assert check_draft(extra).extra == {"colour": "red"}
    with pytest.raises(InvalidInputError, match=r"^draft.attachments\['1'\].upload_id is missing"):
        check_draft({"text": "a", "attachments": {"1": {}}})
    with pytest.raises(InvalidInputError, match=r"^draft.text: expected text, got an integer\.$"):
        check_draft({"text": 5})


def test_one_of_some_is_needed() -> None:
    _validation.check_any_given(a=omit, b="x")
    with pytest.raises(InvalidInputError, match=r"^One of a, b, c is needed"):
        _validation.check_any_given(a=omit, b=None, c="")


@pytest.mark.parametrize("value", [None, omit, 2, 5, 9])
def test_integers_within_their_limits(value: Any) -> None:
    assert _validation.check_range("name", value, 2, 9) is value
    assert _validation.check_range("name", value, 2) is value


@pytest.mark.parametrize("value", [1, 10, -5, 2.0, True, "5"])
def test_integers_beyond_their_limits(value: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"^name must be an integer, from 2 to 9\.$"):
        _validation.check_range("name", value, 2, 9)


def test_integers_without_a_highest() -> None:
    assert _validation.check_range("name", 10**9, 2) == 10**9
    with pytest.raises(InvalidInputError, match=r"^name must be an integer, 2 or more\.$"):
        _validation.check_range("name", 1, 2)


# Each parameter that is checked by itself: what is taken at the edges, and what is refused there.
CHECKED: list[tuple[str, str, dict[str, Any], list[Any], list[Any]]] = [
    ("chats.list", "limit", {}, [1, 200], [0, 201]),
    ("chats.list", "direction", {}, ["after", "before"], ["up"]),
    ("chats.list", "account_ids", {}, [["a"]], ["a", [1], []]),
    ("chats.search", "limit", {}, [1, 200], [0, 201]),
    ("chats.search", "direction", {}, ["after", "before"], ["up"]),
    ("chats.search", "account_ids", {}, [["a"]], ["a"]),
    ("chats.search", "inbox", {}, ["primary", "low-priority", "archive"], ["spam"]),
    ("chats.search", "include_muted", {}, [True, False], ["yes", 1]),
    ("chats.search", "unread_only", {}, [True, False], ["yes", 1]),
    ("chats.search", "scope", {}, ["titles", "participants"], ["all"]),
    ("chats.search", "type", {}, ["single", "group", "any"], ["channel"]),
    ("chats.retrieve", "max_participant_count", {"chat_id": "x"}, [-1, 0, 500, None], [-2, 501]),
    ("chats.create", "type", {"account_id": "a", "participant_ids": ["b"]},
     ["single", "group"], ["channel"]),
    ("chats.create", "participant_ids", {"account_id": "a", "type": "group"}, [["b"]], ["b", []]),
    ("chats.start", "allow_invite", {"account_id": "a", "user": {"id": "b"}}, [True, False], [1]),
    ("chats.update", "is_archived", {"chat_id": "x"}, [True, False], [1]),
    ("chats.update", "is_low_priority", {"chat_id": "x"}, [True, False], [1]),
    ("chats.update", "is_muted", {"chat_id": "x"}, [True, False], [1]),
    ("chats.update", "is_pinned", {"chat_id": "x"}, [True, False], [1]),
    ("chats.update", "message_expiry_seconds", {"chat_id": "x"}, [0, None], [-1]),
    ("chats.archive", "archived", {"chat_id": "x"}, [True, False], [1]),
    ("messages.list", "direction", {"chat_id": "x"}, ["after", "before"], ["up"]),
    ("messages.search", "limit", {}, [1, 20], [0, 21]),
    ("messages.search", "direction", {}, ["after", "before"], ["up"]),
    ("messages.search", "account_ids", {}, [["a"]], ["a"]),
    ("messages.search", "chat_ids", {}, [["a"]], ["a"]),
    ("messages.search", "chat_type", {}, ["group", "single"], ["any"]),
    ("messages.search", "exclude_low_priority", {}, [True, False, None], [1]),
    ("messages.search", "include_muted", {}, [True, False, None], [1]),
    ("messages.search", "media_types", {}, [["any", "video", "image", "link", "file"]], [["x"]]),
    ("messages.search", "date_after", {}, ["2026-01-01T00:00:00Z"], ["2026-01-01", "soon", 5]),
    ("messages.search", "date_before", {}, ["2026-01-01T00:00:00Z"], ["2026-01-01", "soon", 5]),
    ("messages.delete", "for_everyone", {"message_id": "m", "chat_id": "x"}, [True, False], [1]),
    ("accounts.contacts.list", "limit", {"account_id": "a"}, [1, 200], [0, 201]),
    ("accounts.contacts.list", "direction", {"account_id": "a"}, ["after", "before"], ["up"]),
    ("app.setup.verifications.create", "purpose", {}, ["login", "device"], ["fun"]),
    ("app.setup.register", "accept_terms",
     {"lead_token": "l", "setup_request_id": "s", "username": "u"}, [True], [False, 1, "yes"]),
    ("bridges.logins.remove", "scope", {"login_id": "l", "bridge_id": "b"},
     ["current-device", "all-devices"], ["here"]),
    ("bridges.retrieve", "bridge_id", {}, ["aZ09_-"], ["a.b", "", 5]),
    ("bridges.retrieve_capabilities", "bridge_id", {}, ["aZ09_-"], ["a.b", "", 5]),
    ("bridges.login_flows.list", "bridge_id", {}, ["aZ09_-"], ["a.b", "", 5]),
    ("bridges.logins.list", "bridge_id", {}, ["aZ09_-"], ["a.b", "", 5]),
    ("bridges.logins.retrieve", "bridge_id", {"login_id": "l"}, ["b"], ["a.b", "", 5]),
    ("bridges.logins.remove", "bridge_id", {"login_id": "l", "scope": "all-devices"},
     ["b"], ["a.b", "", 5]),
    ("bridges.login_sessions.create", "bridge_id", {}, ["b"], ["a.b", "", 5]),
    ("bridges.login_sessions.create", "account_id", {"bridge_id": "b"}, ["a"], [""]),
    ("bridges.login_sessions.create", "flow_id", {"bridge_id": "b"}, ["a"], [""]),
    ("bridges.login_sessions.create", "login_id", {"bridge_id": "b"}, ["a"], [""]),
    ("bridges.login_sessions.retrieve", "bridge_id", {"login_session_id": "s"}, ["b"], ["a.b"]),
    ("bridges.login_sessions.cancel", "bridge_id", {"login_session_id": "s"}, ["b"], ["a.b"]),
    ("bridges.login_sessions.steps.submit", "bridge_id",
     {"step_id": "p", "login_session_id": "s", "type": "cookies"}, ["b"], ["a.b"]),
    ("bridges.login_sessions.steps.submit", "type",
     {"step_id": "p", "login_session_id": "s", "bridge_id": "b"},
     ["user_input", "cookies", "display_and_wait"], ["password"]),
    ("bridges.login_sessions.steps.submit", "source",
     {"step_id": "p", "login_session_id": "s", "bridge_id": "b", "type": "cookies"},
     ["api", "webview", "browser_extension"], ["phone"]),
    ("bridges.login_sessions.steps.submit", "fields",
     {"step_id": "p", "login_session_id": "s", "bridge_id": "b", "type": "cookies"},
     [{}, {"a": "b"}], [{"a": 1}, "a"]),
    ("search", "query", {}, ["a"], [""]),
    ("chats.search", "query", {}, ["a"], [""]),
    ("chats.search", "last_activity_after", {}, ["2026-01-01T00:00:00Z"], ["2026-01-01", 5]),
    ("chats.search", "last_activity_before", {}, ["2026-01-01T00:00:00Z"], ["2026-01-01", 5]),
    ("accounts.contacts.list", "query", {"account_id": "a"}, ["a"], [""]),
    ("accounts.contacts.search", "query", {"account_id": "a"}, ["a"], [""]),
    ("chats.start", "user", {"account_id": "a"}, [{"id": "b"}], [5, {"ID": "b"}]),
    ("chats.update", "draft", {"chat_id": "x"}, [None, {"text": "a"}], [5, {"words": "a"}]),
    ("chats.reminders.create", "reminder", {"chat_id": "x"},
     [{"remind_at": "2026-01-01T00:00:00Z"}], [5, {}, {"remind_at": "2026-01-01"}]),
    ("chats.messages.reactions.add", "reaction_key", {"message_id": "m", "chat_id": "x"},
     ["a"], [""]),
    ("messages.update", "text", {"message_id": "m", "chat_id": "x"}, ["a"], [""]),
    ("messages.send", "attachment", {"chat_id": "x"}, [{"upload_id": "u"}], [5, {"id": "u"}]),
    ("messages.send_and_wait", "timeout", {"chat_id": "x", "text": "a"}, [], [-1, "5"]),
    ("assets.download", "url", {}, ["a"], [""]),
    ("assets.serve", "url", {}, [], [""]),
    ("assets.upload_base64", "content", {}, ["YQ=="], [""]),
]  # fmt: skip


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("method", "name", "others", "taken", "refused"),
    CHECKED,
    ids=[f"{method}-{name}" for method, name, *_ in CHECKED],
)
async def test_each_parameter_at_its_edges(
    sim: Simulator,
    method: str,
    name: str,
    others: dict[str, Any],
    taken: list[Any],
    refused: list[Any],
) -> None:
    async with AsyncBeeperDesktop(
        access_token=sim.token, base_url=sim.url, max_retries=0
    ) as client:
        call = reference.method_of(client, method)
        for value in taken:
            with suppress(APIError):  # what counts is that it was sent
                await call(**others, **{name: value})
        assert len([r for r in sim.requests if r.path != "/v1/info"]) == len(taken)
        sim.clear_requests()
        for value in refused:
            with pytest.raises(InvalidInputError, match=rf"^{name}\b"):
                await call(**others, **{name: value})
        assert sim.requests == []
