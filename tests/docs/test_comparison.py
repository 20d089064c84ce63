"""Each line of the README's table beside the official SDK, seen with both against one simulator.

Skipped where the official SDK is not installed; that each line has a check is always looked at.
"""

import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from beeper_async import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AssetError,
    InvalidInputError,
    PaginationError,
)
from beeper_async._http import retry
from beeper_async.testing import EMAIL, SIGN_IN_CODE, Simulator
from beeper_sync import BeeperDesktop

from .. import reference
from .pages import ROOT

OLD_APP = "4.2.557"
EXAMPLE: dict[str, Any] = {
    "id": "!a:b",
    "accountID": "a",
    "participants": {"items": [], "hasMore": False, "total": 0},
    "title": "t",
    "type": "single",
    "unreadCount": 0,
}


class Side:
    """One client, and a simulator of its own."""

    def __init__(self, sim: Simulator, client: Any) -> None:
        self.sim = sim
        self.client = client

    @property
    def chat(self) -> Any:
        return next(iter(self.client.chats.search(query="tomas")))

    def outcome(self, call: Callable[[], Any]) -> Any:
        """Return the result of a call, or its exception."""
        try:
            return call()
        except Exception as error:
            return error


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Iterator[Side]:
    """Give the official client, which has nothing to do with ours but its names."""
    module: Any = pytest.importorskip("beeper_desktop_api")
    assert module.__version__ == "6.0.0"
    monkeypatch.setattr(module._base_client, "INITIAL_RETRY_DELAY", 0.001)
    with (
        Simulator() as sim,
        module.BeeperDesktop(base_url=sim.url, access_token=sim.token) as client,
    ):
        yield Side(sim, client)


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[Side]:
    monkeypatch.setattr(retry, "_FIRST_DELAY", 0.001)
    with Simulator() as sim, BeeperDesktop(base_url=sim.url, access_token=sim.token) as client:
        yield Side(sim, client)


def deleting(other: Side, ours: Side) -> None:
    def asked(side: Side) -> Any:
        chat = side.chat
        sent = side.client.messages.send(chat.id, text="hm")
        message = side.client.messages.retrieve(sent.pending_message_id, chat_id=chat.id)
        side.client.messages.delete(message.id, chat_id=chat.id)
        return side.sim.requests[-1].query

    (endpoint,) = (e for e in reference.ENDPOINTS if e["sdk_name"] == "messages.delete")
    assert endpoint["query_params"][0]["default"] is True  # what the app makes of nothing
    assert asked(other) == []
    assert asked(ours) == [("forEveryone", "false")]


def sending(other: Side, ours: Side) -> None:
    for spoil in (spoil_by_drop, spoil_by_500):
        for side, times in ((other, 2), (ours, 1)):
            chat, text = side.chat, f"once {spoil.__name__}"
            spoil(side.sim)
            side.outcome(partial(side.client.messages.send, chat.id, text=text))
            messages = side.sim.world.messages[chat.id]
            assert len([m for m in messages if m.get("text") == text]) == times


def creating(other: Side, ours: Side) -> None:
    for spoil in (spoil_by_drop, spoil_by_500):
        for side, times in ((other, 2), (ours, 1)):
            account, before = side.chat.account_id, len(side.sim.world.chats)
            spoil(side.sim)
            create = partial(side.client.chats.create, account_id=account, type="single")
            side.outcome(partial(create, participant_ids=[f"@{spoil.__name__}:b"]))
            assert len(side.sim.world.chats) - before == times


def spoil_by_drop(sim: Simulator) -> None:
    sim.drop_next(method="POST")


def spoil_by_500(sim: Simulator) -> None:
    sim.respond_next(500, method="POST")


def mailing(other: Side, ours: Side) -> None:
    for side, times in ((other, 2), (ours, 1)):
        side.sim.world.setup.reset()
        begun = side.client.app.setup.start()
        side.sim.respond_next(500, path="/v1/app/setup/email")
        mail = partial(side.client.app.setup.email, email=EMAIL)
        side.outcome(partial(mail, setup_request_id=begun.setup_request_id))
        assert len(side.sim.world.setup.codes_sent) == times


def removing(other: Side, ours: Side) -> None:
    def removed(side: Side) -> list[Any]:
        chat, client = side.chat, side.client
        message_id = side.sim.world.messages[chat.id][-1]["id"]
        reactions = client.chats.messages.reactions
        reactions.add(message_id, chat_id=chat.id, reaction_key="x")
        login = client.bridges.logins.list("local-whatsapp").items[0].login_id
        side.sim.respond_next(502, path="*/reactions/*", method="DELETE")
        side.sim.respond_next(502, path="*/remove")
        unreact = partial(reactions.delete, message_id=message_id, chat_id=chat.id)
        remove = partial(client.bridges.logins.remove, login, bridge_id="local-whatsapp")
        return [
            side.outcome(partial(unreact, reaction_key="x")),
            side.outcome(partial(remove, scope="all-devices")),
        ]

    assert [getattr(error, "status_code", None) for error in removed(other)] == [404, 404]
    assert not any(isinstance(result, Exception) for result in removed(ours))


def fetching(other: Side, ours: Side) -> None:
    def fetched(side: Side) -> Any:
        return side.outcome(lambda: side.client.assets.download(url="mxc://nowhere/nothing"))

    assert fetched(other).error
    assert isinstance(fetched(ours), AssetError)


def memory(other: Side, ours: Side) -> None:
    path = Path("large.bin")
    with path.open("wb") as file:
        file.truncate(40 * 2**20)

    def peak(side: Side) -> float:
        side.client.labels.list()  # the modules are loaded
        side.client.assets.upload(file=b"x")
        tracemalloc.start()
        side.client.assets.upload(file=path)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most / 2**20

    assert peak(other) > 40
    assert peak(ours) < 4  # the simulator included


def forward(other: Side, ours: Side) -> None:
    def walked(side: Side) -> list[str]:
        chats = side.client.chats
        pages: list[Any] = list(chats.list(limit=5).iter_pages())
        oldest = pages[-1]
        newer = chats.list(limit=5, cursor=oldest.newest_cursor, direction="after")
        return [chat.id for chat in islice(newer, 100)]

    assert len(walked(other)) > len(set(walked(other)))
    assert len(walked(ours)) == len(set(walked(ours)))


def standing(other: Side, ours: Side) -> None:
    def walk(side: Side) -> Any:
        page = {"items": [EXAMPLE], "hasMore": True, "oldestCursor": "1", "newestCursor": "1"}
        side.sim.respond_next(200, json=page, times=200, path="/v1/chats")
        return side.outcome(lambda: sum(1 for _ in islice(side.client.chats.list(), 150)))

    assert walk(other) == 150
    assert isinstance(walk(ours), PaginationError)


def old_listing(other: Side, ours: Side) -> None:
    def missing(side: Side) -> int:
        side.sim.app_version = OLD_APP
        world = side.sim.world
        for number in range(45):
            world.receive(side.chat.id, f"message {number}")
        return len(world.messages[side.chat.id]) - len(
            list(side.client.messages.list(side.chat.id))
        )

    assert missing(other) > 0
    assert missing(ours) == 0


def old_forms(other: Side, ours: Side) -> None:
    def tried(side: Side) -> list[Any]:
        side.sim.app_version = OLD_APP
        chat, chats = side.chat, side.client.chats
        message = side.sim.world.messages[chat.id][-1]["id"]
        chats.messages.reactions.add(message, chat_id=chat.id, reaction_key="x")
        time = datetime(2027, 1, 1, tzinfo=UTC)
        return [
            side.outcome(lambda: chats.start(account_id=chat.account_id, user={"id": "@x:y"})),
            side.outcome(lambda: chats.reminders.create(chat.id, reminder={"remind_at": time})),
            side.outcome(
                lambda: chats.messages.reactions.delete(
                    message_id=message, chat_id=chat.id, reaction_key="x"
                )
            ),
        ]

    assert [getattr(error, "status_code", None) for error in tried(other)] == [404, 400, 404]
    assert not any(isinstance(result, Exception) for result in tried(ours))


def answered(side: Side, **plan: Any) -> Any:
    """Give what `chats.retrieve` makes of an answer."""
    settings: dict[str, Any] = {"status": 200, "before": True, "path": "/v1/chats/a"} | plan
    side.sim.respond_next(**settings)
    return side.outcome(lambda: side.client.chats.retrieve("a"))


def wrong_type(other: Side, ours: Side) -> None:
    wrong = EXAMPLE | {"unreadCount": "many"}
    assert answered(other, json=wrong).unread_count == "many"
    error = answered(ours, json=wrong)
    assert isinstance(error, APIResponseValidationError)
    assert "unreadCount" in str(error)


def html(other: Side, ours: Side) -> None:
    page: dict[str, Any] = {"text": "<html>", "headers": {"Content-Type": "text/html"}}
    assert answered(other, **page) == "<html>"
    assert isinstance(answered(ours, **page), APIResponseValidationError)


def redirect(other: Side, ours: Side) -> None:
    for side in (other, ours):
        target = {"Location": side.sim.url + "/v1/labels"}
        answer = answered(side, status=302, text="", headers=target)
        assert (side.sim.requests[-1].path == "/v1/labels") == (side is other)
    assert isinstance(answer, APIStatusError)
    assert f"{ours.sim.url}." in f"{answer}."
    assert "/v1/labels" not in str(answer)


def unknown_field(other: Side, ours: Side) -> None:
    more = EXAMPLE | {"colour": "blue"}
    assert answered(other, json=more).model_extra["colour"] == "blue"
    assert answered(ours, json=more).extra == {"colour": "blue"}


def bad_input(other: Side, ours: Side) -> None:
    for side in (other, ours):
        chat, client = side.chat, side.client
        naive = datetime(2026, 1, 1)
        for call in (
            partial(client.chats.list, limit=0),
            partial(client.chats.search, last_activity_after=naive),
            partial(client.messages.send, chat.id),
        ):
            side.sim.clear_requests()
            error = side.outcome(call)
            assert isinstance(error, InvalidInputError) == (side is ours)
            assert getattr(error, "status_code", 0) in ((400, 422) if side is other else (0,))
            assert bool(side.sim.requests) == (side is other)


def shown(other: Side, ours: Side) -> None:
    for side in (other, ours):
        newest = next(iter(side.client.messages.list(side.chat.id)))
        assert ("Dinner" in repr(newest)) == (side is other)
        side.sim.world.setup.reset()
        setup = side.client.app.setup
        request_id = setup.start().setup_request_id
        setup.email(email=EMAIL, setup_request_id=request_id)
        done = setup.response(response=SIGN_IN_CODE, setup_request_id=request_id)
        assert (done.matrix.access_token in repr(done)) == (side is other)


def live(other: Side, ours: Side) -> None:
    assert not hasattr(other.client, "events")
    with ours.client.events() as events:
        ours.sim.world.receive(ours.chat.id, "hello")
        assert next(iter(events)).message.text == "hello"


# In the order of the table.
CHECKS = {
    "`messages.delete` without": deleting,
    "The answer to `messages.send`": sending,
    "The answer to `chats.create`": creating,
    "The answer to `app.setup.email`": mailing,
    "The answer to `reactions.delete` or `logins.remove`": removing,
    "`assets.download` fails": fetching,
    "Memory for an upload of 40 MB": memory,
    '`chats.list(direction="after")`': forward,
    "The app's cursor doesn't move": standing,
    "`messages.list` with an app before": old_listing,
    "`chats.start`, `reminders.create`, `reactions.delete`": old_forms,
    "Live events": live,
    "A field of the wrong type": wrong_type,
    "An HTML page": html,
    "A redirect": redirect,
    "A field that the client doesn't know": unknown_field,
    "Page size 0": bad_input,
    "Text of messages": shown,
}


@pytest.mark.parametrize("case", CHECKS)
def test_line_is_true(
    case: str, other: Side, ours: Side, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    CHECKS[case](other, ours)


def test_each_line_has_its_check() -> None:
    _, _, table = (ROOT / "README.md").read_text("utf-8").partition("| Case | Official SDK 6.0.0 |")
    lines = [line for line in table.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    lines = [line for line in lines if not line.startswith("| ---")]
    assert len(lines) == len(CHECKS)
    for line, case in zip(lines, CHECKS, strict=True):
        assert line.startswith(f"| {case}"), line
    assert issubclass(InvalidInputError, ValueError)
    assert not issubclass(InvalidInputError, APIError)
