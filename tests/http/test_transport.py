"""What happens when the network or the app fails, and how often the app was really asked."""

import asyncio
import json
import socket
from typing import Any

import aiohttp
import pytest

from beeper_async import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AsyncBeeperDesktop,
    ClientUseError,
    InternalServerError,
    InvalidInputError,
    PermissionDeniedError,
    RateLimitError,
)
from beeper_async._http import retry
from beeper_async.testing import Fault, FaultProxy, Simulator
from beeper_sync import BeeperDesktop

from ..faults import Faults

pytestmark = pytest.mark.asyncio

OBJECT: type[dict[str, Any]] = dict


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_FIRST_DELAY", 0.001)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def asked(sim: Simulator, method: str) -> int:
    return len([request for request in sim.requests if request.method == method])


async def some_chat(client: AsyncBeeperDesktop, sim: Simulator) -> Any:
    chat = (await client.chats.list(limit=1)).items[0]
    sim.clear_requests()
    return chat


@pytest.mark.parametrize("status", [500, 502, 503, 408, 409, 429])
async def test_a_read_is_repeated_until_it_works(
    client: AsyncBeeperDesktop, sim: Simulator, status: int
) -> None:
    sim.respond_next(status=status, times=2)
    assert (await client.chats.list()).items
    assert asked(sim, "GET") == 3


async def test_the_number_of_repeats_is_a_setting(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.respond_next(status=500, times=9)
    with pytest.raises(InternalServerError):
        await client.with_options(max_retries=4).chats.list()
    with pytest.raises(InternalServerError):
        await client.with_options(max_retries=0).chats.list()
    assert asked(sim, "GET") == 6


async def test_a_repeatable_call_is_repeated(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    chat = await some_chat(client, sim)
    sim.respond_next(status=500)
    await client.chats.archive(chat.id)
    assert asked(sim, "POST") == 2
    sim.drop_next()
    await client.chats.update(chat.id, is_pinned=True)
    assert asked(sim, "PATCH") == 2


@pytest.mark.parametrize("status", [300, 400])
async def test_what_is_no_success_is_an_error(
    client: AsyncBeeperDesktop, sim: Simulator, status: int
) -> None:
    sim.respond_next(status=status)
    with pytest.raises(APIStatusError) as caught:
        await client.chats.list()
    assert caught.value.status_code == status
    assert asked(sim, "GET") == 1


@pytest.mark.parametrize("status", [500, 502, 503, 409, 408])
async def test_an_unsafe_call_is_made_once(
    client: AsyncBeeperDesktop, sim: Simulator, status: int
) -> None:
    chat = await some_chat(client, sim)
    people = [person.id for person in chat.participants.items if not person.is_self]
    sim.respond_next(status=status, method="POST")
    before = len(sim.world.chats)
    with pytest.raises(APIStatusError):
        await client.chats.create(
            account_id=chat.account_id, participant_ids=people, type="group", title="once"
        )
    assert asked(sim, "POST") == 1
    assert len(sim.world.chats) == before + 1


async def test_an_unsafe_call_with_a_lost_answer_is_made_once(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chats = [chat async for chat in client.chats.list()]
    chat = next(chat for chat in chats if chat.network == "iMessage")
    sim.drop_next(method="POST")
    with pytest.raises(APIConnectionError):
        await client.chats.notify_anyway(chat.id)
    assert asked(sim, "POST") == 1
    sim.respond_next(status=None, delay=5, method="POST")
    with pytest.raises(APITimeoutError, match=r"within 0\.2 s"):
        await client.with_options(timeout=0.2).chats.notify_anyway(chat.id)
    assert asked(sim, "POST") == 2


async def test_an_unsafe_call_that_is_put_off_is_repeated(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat = next(c for c in [c async for c in client.chats.list()] if c.network == "iMessage")
    sim.respond_next(status=429, headers={"retry-after-ms": "1"}, method="POST", before=True)
    await client.chats.notify_anyway(chat.id)
    assert asked(sim, "POST") == 2
    sim.respond_next(status=429, times=3, method="POST", before=True)
    with pytest.raises(RateLimitError):
        await client.chats.notify_anyway(chat.id)


async def test_starting_a_chat_is_repeated_only_without_a_message(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat = await some_chat(client, sim)
    person = next(p.id for p in chat.participants.items if not p.is_self)
    sim.respond_next(status=500, method="POST")
    await client.chats.start(account_id=chat.account_id, user={"id": person})
    assert asked(sim, "POST") == 2
    sim.respond_next(status=500, method="POST")
    with pytest.raises(InternalServerError):
        await client.chats.start(
            account_id=chat.account_id, user={"id": person}, message_text="hello"
        )
    assert asked(sim, "POST") == 3


async def test_a_reaction_keeps_its_transaction_over_repeats(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat = next(c for c in [c async for c in client.chats.list()] if c.preview)
    assert chat.preview is not None
    sim.respond_next(status=500, method="POST", times=2)
    await client.chats.messages.reactions.add(chat.preview.id, chat_id=chat.id, reaction_key="🎈")
    posts = [request.json for request in sim.requests if request.method == "POST"]
    assert len(posts) == 3
    assert posts[0] == posts[1] == posts[2]


async def test_a_removal_that_already_happened_counts_as_done(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat = next(c for c in [c async for c in client.chats.list()] if c.preview)
    assert chat.preview is not None
    reactions = client.chats.messages.reactions
    await reactions.add(chat.preview.id, chat_id=chat.id, reaction_key="🎈")
    sim.respond_next(status=500, method="DELETE")
    sim.respond_next(status=404, method="DELETE", before=True)
    removed = await reactions.delete(chat.preview.id, chat_id=chat.id, reaction_key="🎈")
    assert removed.reaction_key == "🎈"


async def test_an_app_that_is_not_there(sim: Simulator) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    async with AsyncBeeperDesktop(access_token="t", base_url=url) as client:
        with pytest.raises(APIConnectionError) as caught:
            await client.chats.notify_anyway("x")
    assert "Is Beeper Desktop running" in str(caught.value)
    assert url in str(caught.value)
    with (
        BeeperDesktop(access_token="t", base_url=url) as blocking,
        pytest.raises(APIConnectionError),
    ):
        blocking.chats.list()


async def test_an_unsafe_call_that_never_left_is_repeated() -> None:
    url = "http://127.0.0.1:23373/v1/chats/x/notify-anyway"
    refused = aiohttp.ClientConnectorError(Any, OSError(111, "refused"))  # type: ignore[arg-type]
    refused._conn_key = _Key()  # type: ignore[assignment]
    with Faults() as faults:
        faults.post(url, exception=refused)
        faults.post(url, exception=aiohttp.ConnectionTimeoutError("connect"))
        faults.post(url, payload={"chatID": "x"})
        async with AsyncBeeperDesktop(
            access_token="t", base_url="http://127.0.0.1:23373"
        ) as client:
            with pytest.raises(APIResponseValidationError):
                await client.chats.notify_anyway("x")
        assert sum(map(len, faults.requests.values())) == 3


class _Key:
    host, port, ssl = "127.0.0.1", 23373, True


@pytest.mark.parametrize(
    "fault",
    [
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError("cut off"),
        aiohttp.ClientOSError(104, "reset"),
        ConnectionResetError(104, "reset"),
        aiohttp.SocketTimeoutError("read"),
        TimeoutError(),
    ],
    ids=lambda fault: type(fault).__name__,
)
async def test_every_loss_after_sending_stops_an_unsafe_call(fault: Exception) -> None:
    url = "http://127.0.0.1:23373/v1/chats/x/notify-anyway"
    with Faults() as faults:
        faults.post(url, exception=fault, repeat=True)
        async with AsyncBeeperDesktop(
            access_token="t", base_url="http://127.0.0.1:23373"
        ) as client:
            with pytest.raises(APIConnectionError) as caught:
                await client.chats.notify_anyway("x")
        assert sum(map(len, faults.requests.values())) == 1
    assert isinstance(caught.value, APITimeoutError) == isinstance(fault, TimeoutError)


async def test_an_answer_that_is_not_json_is_kept(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.respond_next(status=200, text="<html>tunnel</html>")
    with pytest.raises(APIResponseValidationError, match="not JSON") as caught:
        await client.chats.list()
    assert caught.value.body == "<html>tunnel</html>"
    assert asked(sim, "GET") == 1
    sim.respond_next(status=404, text="<html>gone</html>")
    with pytest.raises(Exception, match="404") as lost:
        await client.chats.retrieve("x")
    assert lost.value.body == "<html>gone</html>"  # type: ignore[attr-defined]


async def test_an_answer_that_does_not_fit_names_the_place(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    client = client.with_options(on_unreadable="raise")
    page = (await client.chats.list(limit=5)).to_dict()
    page["items"][3]["unreadCount"] = "many"
    del page["items"][1]["title"]
    sim.respond_next(status=200, json=page)
    with pytest.raises(APIResponseValidationError) as caught:
        await client.chats.list()
    assert caught.value.problems == [
        "items[1].title: missing, but required",
        "items[3].unreadCount: expected an integer, got text",
    ]
    assert caught.value.body == page
    assert "many" not in str(caught.value)


async def test_of_many_problems_the_first_five_are_named(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    client = client.with_options(on_unreadable="raise")
    page = (await client.chats.list(limit=7)).to_dict()
    for item in page["items"][:5]:
        del item["title"]
    sim.respond_next(status=200, json=page)
    with pytest.raises(APIResponseValidationError, match=r"items\[4\][^;]*required\. `body`"):
        await client.chats.list()
    for item in page["items"][5:]:
        del item["title"]
    sim.respond_next(status=200, json=page)
    with pytest.raises(APIResponseValidationError, match=r"items\[4\][^;]*; and 2 more") as caught:
        await client.chats.list()
    assert len(caught.value.problems) == 7


async def test_details_of_a_refused_parameter(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    from beeper_async import UnprocessableEntityError

    from .. import reference

    sim.respond_next(status=422, json=reference.example("error.422_validation.json"))
    with pytest.raises(UnprocessableEntityError) as caught:
        await client.chats.list()
    (issue,) = caught.value.issues
    assert issue.path == ["body", "participantIDs"]
    sim.respond_next(status=422, json=["odd"])
    with pytest.raises(UnprocessableEntityError) as odd:
        await client.chats.list()
    assert odd.value.issues == []
    assert odd.value.code is None


async def test_a_closed_client_says_so(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    own = AsyncBeeperDesktop(access_token=sim.token, base_url=sim.url)
    await own.chats.list()
    await own.close()
    await own.close()
    with pytest.raises(ClientUseError, match="closed"):
        await own.chats.list()


def in_another_loop(coroutine: Any) -> Any:
    with asyncio.Runner() as runner:
        return runner.run(coroutine)


async def test_a_client_stays_in_its_loop(sim: Simulator) -> None:
    async with AsyncBeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        await client.chats.list()

        async def use() -> None:
            await client.chats.list()

        with pytest.raises(ClientUseError, match="event loop"):
            await asyncio.to_thread(in_another_loop, use())


async def test_a_cancelled_call_leaves_nothing_behind(sim: Simulator) -> None:
    sim.respond_next(status=None, delay=5)
    async with AsyncBeeperDesktop(access_token=sim.token, base_url=sim.url) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await client.chats.list()
        assert (await client.chats.list()).items
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_cause_of_an_error_is_fit_to_be_shown(sim: Simulator) -> None:
    """Tools print causes and contexts too, and aiohttp's hold the request with its token."""
    with FaultProxy(sim.url) as proxy:
        proxy.plan(Fault.garbage(b"HTTP/1.1 abc oops\r\n\r\n"), times=None)
        async with AsyncBeeperDesktop(access_token="SECRET", base_url=proxy.url) as client:
            with pytest.raises(APIConnectionError) as caught:
                await client.messages.search(query="hidden")
    error: BaseException | None = caught.value
    while error is not None:
        assert "SECRET" not in repr(error) + str(vars(error))
        assert "hidden" not in repr(error)
        error = error.__cause__ or error.__context__


async def test_a_redirect_tells_no_more_than_where_to(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    target = "https://desk.example/v1/messages/search?query=hidden"
    sim.respond_next(status=308, headers={"Location": target}, before=True)
    with pytest.raises(APIStatusError, match=r"https://desk\.example") as caught:
        await client.messages.search(query="hidden")
    assert "hidden" not in str(caught.value)


async def test_aiohttp_repeats_nothing_by_itself(sim: Simulator) -> None:
    with FaultProxy(sim.url) as proxy:
        async with AsyncBeeperDesktop(
            access_token=sim.token, base_url=proxy.url, max_retries=0
        ) as client:
            chat = (await client.chats.list(limit=1)).items[0]
            proxy.plan(Fault.reset_after_request(), method="DELETE", times=1)
            with pytest.raises(APIConnectionError):
                await client.chats.reminders.delete(chat.id)
            assert asked(sim, "DELETE") == 1
            proxy.plan(Fault.reset_after_request(), method="DELETE", times=1)
            await client.with_options(max_retries=1).chats.reminders.delete(chat.id)


async def test_a_body_with_added_fields_is_sent_once(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    chat = await some_chat(client, sim)
    sim.respond_next(status=500, method="POST", times=9)
    with pytest.raises(InternalServerError):
        await client.with_options(extra_body={"x": 1}).chats.archive(chat.id)
    assert asked(sim, "POST") == 1


async def test_a_hundred_calls_go_side_by_side() -> None:
    arrived, full, answering = 0, asyncio.Event(), asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal arrived
        await reader.readuntil(b"\r\n\r\n")
        arrived += 1
        if arrived == 100:
            full.set()
        await answering.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=200)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with (
        asyncio.timeout(30),
        server,
        AsyncBeeperDesktop(access_token="t", base_url=url) as own,
    ):
        calls = [asyncio.create_task(own.get("/v1/info", cast_to=OBJECT)) for _ in range(101)]
        await full.wait()
        for _ in range(100):
            await asyncio.sleep(0)
        assert arrived == 100, "one more would keep others waiting for no reason"
        answering.set()
        assert await asyncio.gather(*calls) == [{}] * 101


async def test_a_refused_socket_tells_of_its_only_attempt(sim: Simulator) -> None:
    sim.respond_next(status=403, path="/v1/ws", before=True)
    async with AsyncBeeperDesktop(access_token=sim.token, base_url=sim.url) as own:
        with pytest.raises(PermissionDeniedError) as caught:
            async with own.events():
                pass
    response = caught.value.response
    assert (response.status_code, response.attempt, response.elapsed) == (403, 0, 0.0)
    assert (response.request.name, response.request.method) == ("events", "GET")


async def test_an_error_without_words_ends_in_a_full_stop(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.respond_next(status=400, json={"message": ""})
    with pytest.raises(APIStatusError) as caught:
        await client.chats.list()
    assert ": ." not in str(caught.value)
    assert "400" in str(caught.value)


@pytest.mark.parametrize("number", [2**63 - 1, 2**63, -(2**70), 1e300, 0.5])
async def test_numbers_of_any_size_arrive_as_they_were_sent(
    client: AsyncBeeperDesktop, sim: Simulator, number: float
) -> None:
    body = {"a": [number], "b": {"c": number}}
    text = json.dumps(body)
    kinds: list[Any] = [dict, dict[str, Any]]
    for cast_to in kinds:
        sim.respond_next(status=200, text=text)
        assert repr(await client.get("/v1/x", cast_to=cast_to)) == repr(body)
    page = (await client.chats.list(limit=2)).to_dict()
    page["items"][1]["fromTheFuture"] = page["aNewField"] = number
    sim.respond_next(status=200, text=json.dumps(page))
    assert repr((await client.chats.list()).to_dict()) == repr(page)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "\ud83d", 2**70, nested(300), nested(100_000), object()]
)
async def test_what_json_can_not_hold_is_not_sent(
    client: AsyncBeeperDesktop, sim: Simulator, value: Any
) -> None:
    with pytest.raises(InvalidInputError, match=r"^POST /v1/x: "):
        await client.post("/v1/x", cast_to=dict, body={"a": value})
    assert sim.requests == []
