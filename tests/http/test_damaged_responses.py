"""Whatever is damaged in the response to any call: only documented errors, and no record is lost.

The responses don't travel: what is tested begins behind the transport. Real ones with damage of all
kinds are in test_outcome.py and tests/reliability.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, Final

import pytest
from attrs import define, field
from hypothesis import HealthCheck, given, settings, strategies as st

import beeper_async
import beeper_sync
from beeper_async import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AssetError,
    AsyncBeeperDesktop,
    OutcomeUnknownError,
    PaginationError,
)
from beeper_async._http import transport
from beeper_async._http.attempt import Answered
from beeper_async._response import ResponseInfo
from beeper_sync import BeeperDesktop

from .. import reference
from ..damage import answers_of, damaged, written

# Found once, found again: the examples are the same in every run.
examples = settings(
    max_examples=35,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
ENDPOINTS: Final = {
    e["sdk_name"]: e for e in reference.ENDPOINTS if e["response"]["model"] != "bytes"
}
LISTINGS: Final = [name for name, e in ENDPOINTS.items() if e.get("pagination")]
# A reference counts a chat that is started as repeatable, but not the message that comes with it.
UNSAFE: Final = {name for name, e in ENDPOINTS.items() if e["repeat"] == "unsafe"} | {"chats.start"}
ERRORS: Final = [x for x in reference.EXAMPLES if x["file"] and x["file"].startswith("error.")]


@define
class Responses:
    """Responses in the place of the network; the last one is given for ever."""

    replies: list[tuple[int, bytes]] = field(factory=list[tuple[int, bytes]])
    requests: int = 0

    async def attempt(self, _: object, prepared: Any, number: int) -> Answered:
        reply = self.replies[min(self.requests, len(self.replies) - 1)]
        self.requests += 1
        headers = {"X-Beeper-Desktop-Version": "4.3.73"}
        response = ResponseInfo(prepared.info, reply[0], headers, 0.0, number)
        incoming: Any = SimpleNamespace()
        return Answered(response, reply[1], incoming, time.time())


@define
class Clients:
    """Both clients, and what they get as responses."""

    responses: Responses
    runner: asyncio.Runner
    asynchronous: AsyncBeeperDesktop
    blocking: BeeperDesktop

    def both(self, name: str, replies: list[tuple[int, bytes]], how: str = "call") -> list[Any]:
        """Make a call with each client; return the results, or the errors in their place."""
        self.responses.replies = replies
        makes: list[Callable[[], Any]] = [
            lambda: self.runner.run(self._awaited(name, how)),
            lambda: self._got(name, how),
        ]
        found: list[Any] = []
        for make in makes:
            self.responses.requests = 0
            try:
                found.append(make())
            except (APIError, PaginationError) as error:
                found.append(error)
        return found

    async def _awaited(self, name: str, how: str) -> Any:
        endpoint = ENDPOINTS[name]
        call = reference.method_of(self.asynchronous, name)(**reference.full_arguments(endpoint))
        if how == "merge":
            async with beeper_async.merge({name: call}) as merged:
                return [item async for _, item in merged]
        if how == "prefetch":
            async with call.prefetch() as items:
                return [item async for item in items]
        return await (call.collect() if name in LISTINGS else call)

    def _got(self, name: str, how: str) -> Any:
        endpoint = ENDPOINTS[name]
        got = reference.method_of(self.blocking, name)(**reference.full_arguments(endpoint))
        if how == "merge":
            with beeper_sync.merge({name: got}) as merged:
                return [item for _, item in merged]
        if how == "prefetch":
            with got.prefetch() as items:
                return list(items)
        return got.collect() if name in LISTINGS else got


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    async def no_pause(_: float) -> None:
        """Retry at once."""

    responses = Responses([(200, b"[]")])
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        patch.setattr(transport, "make_attempt", responses.attempt)
        patch.setattr(transport, "pause", no_pause)
        asynchronous = AsyncBeeperDesktop(access_token="t")
        with BeeperDesktop(access_token="t") as blocking:
            both = Clients(responses, runner, asynchronous, blocking)
            both.both("labels.list", [(200, b"[]")])  # its headers have the version
            yield both
        runner.run(asynchronous.close())


def outcome_of(result: Any) -> str:
    """Return how a call ended, in a word that both clients have in common."""
    return type(result).__name__ if isinstance(result, Exception) else "a result"


@pytest.mark.parametrize("name", ENDPOINTS)
@given(data=st.data())
@examples
def test_a_damaged_success_gives_a_result_or_a_documented_error(
    clients: Clients, name: str, data: st.DataObject
) -> None:
    body: Any = data.draw(st.sampled_from(answers_of(ENDPOINTS[name])))
    for _ in range(data.draw(st.integers(1, 3))):
        body = damaged(data, body)
    raw = written(body)
    raw = raw[: data.draw(st.integers(0, len(raw)))] if data.draw(st.integers(0, 9)) == 0 else raw
    found = clients.both(name, [(data.draw(st.sampled_from([200, 200, 201])), raw)])
    for got in found:
        if isinstance(got, Exception):
            assert isinstance(got, APIResponseValidationError | AssetError | PaginationError)
            if name in UNSAFE:
                assert isinstance(got, OutcomeUnknownError)
                assert got.sent_at is not None
    assert outcome_of(found[0]) == outcome_of(found[1]), "the two clients differ"
    if name in UNSAFE:
        assert clients.responses.requests == 1, "sent once"


@pytest.mark.parametrize("name", ENDPOINTS)
@given(data=st.data())
@examples
def test_a_damaged_refusal_is_a_refusal_or_an_unknown_outcome(
    clients: Clients, name: str, data: st.DataObject
) -> None:
    example = data.draw(st.sampled_from(ERRORS))
    raw = written(damaged(data, reference.example(example["file"])))
    status: int = data.draw(st.sampled_from([example["status"], 400, 404, 408, 409, 500, 503]))
    found = clients.both(name, [(status, raw)])
    for got in found:
        assert isinstance(got, APIStatusError)
        is_unclear = status in (408, 409) or status >= 500
        assert isinstance(got, OutcomeUnknownError) == (name in UNSAFE and is_unclear)
    assert outcome_of(found[0]) == outcome_of(found[1]), "the two clients differ"


@pytest.mark.parametrize("name", LISTINGS)
@pytest.mark.parametrize("how", ["call", "merge", "prefetch"])
@given(data=st.data())
@examples
def test_a_listing_delivers_every_record_that_is_not_damaged(
    clients: Clients, how: str, name: str, data: st.DataObject
) -> None:
    pages = [page for page in answers_of(ENDPOINTS[name]) if len(page["items"]) > 1]
    page: dict[str, Any] = data.draw(st.sampled_from(pages))
    first = {**page, "hasMore": True, "oldestCursor": "c1", "newestCursor": "n1"}
    second = {**page, "hasMore": False, "oldestCursor": "c2", "newestCursor": "n2"}
    first["items"] = [*page["items"]]
    second["items"] = [{**item, "id": f"{item['id']} 2"} for item in page["items"]]
    last = len(page["items"]) - 1
    bad: set[int] = data.draw(st.sets(st.integers(0, last), min_size=1, max_size=last))
    for index in bad:
        first["items"][index] = damaged(data, first["items"][index])
    if "chats" in first:  # of a search for messages
        first["chats"] = damaged(data, first["chats"])
    good = [item for index, item in enumerate(first["items"]) if index not in bad]
    for got in clients.both(name, [(200, written(first)), (200, written(second))], how):
        delivered = [item.to_dict() for item in got]
        assert [item for item in delivered if item in good] == good
        assert delivered[-len(second["items"]) :] == second["items"]
        assert len(delivered) <= len(first["items"]) + len(second["items"])


@pytest.mark.parametrize("name", ["accounts.list", "labels.list"])
@given(data=st.data())
@examples
def test_a_bare_list_has_every_entry_that_is_not_damaged(
    clients: Clients, name: str, data: st.DataObject
) -> None:
    entries: list[Any] = data.draw(st.sampled_from(answers_of(ENDPOINTS[name])))
    index = data.draw(st.integers(0, len(entries) - 1))
    sent = [*entries[:index], damaged(data, entries[index]), *entries[index + 1 :]]
    good = [*entries[:index], *entries[index + 1 :]]
    for got in clients.both(name, [(200, written(sent))]):
        assert [one for one in (item.to_dict() for item in got) if one in good] == good
