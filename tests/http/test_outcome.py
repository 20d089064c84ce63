"""An unsafe call is done, refused, or of unknown outcome, whatever a server sends."""

import asyncio
import json
import socket
import socketserver
import threading
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import HealthCheck, given, settings, strategies as st

from beeper_async import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AsyncBeeperDesktop,
    ClientUseError,
    ConflictError,
    InternalServerError,
    OutcomeUnknownError,
)
from beeper_async._http import retry
from beeper_sync import BeeperDesktop

from .. import reference
from ..damage import answers_of, damaged, written
from .lying_server import LyingServer, response

HTML = "<!doctype html><html><body>Sign in to the tunnel</body></html>"
SENT = json.dumps({"chatID": "x", "pendingMessageID": "p"})


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_FIRST_DELAY", 0.001)


def at(client: AsyncBeeperDesktop, server: LyingServer, **options: Any) -> AsyncBeeperDesktop:
    """Return a view of either client for another server."""
    return client.with_options(base_url=server.url, access_token="t", **options)


UNCLEAR: dict[str, tuple[bytes, type[APIError]]] = {
    "200 empty": (response(200), APIResponseValidationError),
    "201 empty": (response(201), APIResponseValidationError),
    "204": (response(204), APIResponseValidationError),
    "200 half": (response(200, '{"chatID": "x", "pend'), APIResponseValidationError),
    "200 html": (response(200, HTML, Content_Type="text/html"), APIResponseValidationError),
    "200 {}": (response(200, "{}"), APIResponseValidationError),
    "200 []": (response(200, "[]"), APIResponseValidationError),
    "200 null": (response(200, "null"), APIResponseValidationError),
    "200 text": (response(200, '"ok"'), APIResponseValidationError),
    "200 other": (response(200, '{"chatID": 1}'), APIResponseValidationError),
    "200 error": (response(200, '{"code": "X", "message": "no"}'), APIResponseValidationError),
    "200 deep": (response(200, "[" * 100_000), APIResponseValidationError),
    "101": (response(101), APIStatusError),
    "199": (b"HTTP/1.1 199 X\r\n\r\n", APIConnectionError),
    "300": (response(300), APIStatusError),
    "302": (response(302, Location="http://[::1"), APIStatusError),
    "307": (response(307, Location="//" + "x" * 3000), APIStatusError),
    "308": (response(308, Location="http://elsewhere.example:99999/"), APIStatusError),
    "408": (response(408), APIStatusError),
    "409": (response(409, HTML), ConflictError),
    "500": (response(500), InternalServerError),
    "502 html": (response(502, HTML), InternalServerError),
    "599": (response(599), InternalServerError),
    "600": (response(600), APIStatusError),
    "999": (response(999), APIStatusError),
    "099": (response("099"), APIStatusError),
    "cut off": (response(200, SENT, Content_Length="900"), APIConnectionError),
    "no http": (b"SSH-2.0-OpenSSH_9\r\n", APIConnectionError),
    "nothing": (b"", APIConnectionError),
    "bad gzip": (response(200, SENT, Content_Encoding="gzip"), APIConnectionError),
    "date overflow": (
        response(200, "{}", Date="Fri, 31 Dec 9999 23:59:59 -2359"),
        APIResponseValidationError,
    ),
    "version overflow": (
        response(200, "{}", X_Beeper_Desktop_Version="9" * 5000),
        APIResponseValidationError,
    ),
}


@pytest.mark.asyncio
@pytest.mark.parametrize("name", UNCLEAR)
async def test_an_unclear_response_to_an_unsafe_call_is_an_unknown_outcome(
    client: AsyncBeeperDesktop, name: str
) -> None:
    raw, kind = UNCLEAR[name]
    before = datetime.now(UTC) - timedelta(seconds=2)
    with LyingServer(raw) as server:
        view = at(client, server, timeout=5)
        with pytest.raises(OutcomeUnknownError) as caught:
            await view.messages.send("x", text="hello")
        assert len(server.received) == 1, "sent once"
    error = caught.value
    assert type(error) is not OutcomeUnknownError
    assert isinstance(error, kind)
    assert error.sent == {"text": "hello"}
    assert error.sent_at is not None
    assert before < error.sent_at < datetime.now(UTC) + timedelta(seconds=2)


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 410, 418, 422, 425, 451, 499, 501])
@pytest.mark.parametrize("body", ["", "{}", HTML, '{"code": 5, "message": []}'])
async def test_a_refusal_is_one_whatever_its_body(
    client: AsyncBeeperDesktop, status: int, body: str
) -> None:
    with LyingServer(response(status, body, Location="http://[", Date="?")) as server:
        with pytest.raises(APIStatusError) as caught:
            await at(client, server).messages.send("x", text="hello")
        assert len(server.received) == 1
    assert not isinstance(caught.value, OutcomeUnknownError)
    assert caught.value.status_code == status


def call_without_result(client: AsyncBeeperDesktop, name: str) -> Any:
    """Make a call that has no result: three that set a state, and an unsafe one."""
    if name == "archive":
        return client.chats.archive("x")
    if name == "delete":
        return client.messages.delete("m", chat_id="x")
    if name == "reminder":
        return client.chats.reminders.delete("x")
    return client.app.setup.email(email="a@example.com", setup_request_id="r")


WITHOUT_RESULT = ["archive", "delete", "reminder", "email"]


@pytest.mark.asyncio
@pytest.mark.parametrize("name", WITHOUT_RESULT)
@pytest.mark.parametrize("raw", [HTML, '{"half', '{"error": "x"}', '{"success": false}'])
async def test_calls_without_a_result_look_at_what_came(
    client: AsyncBeeperDesktop, name: str, raw: str
) -> None:
    with (
        LyingServer(response(200, raw)) as server,
        pytest.raises(APIResponseValidationError) as caught,
    ):
        await call_without_result(at(client, server), name)
    assert isinstance(caught.value, OutcomeUnknownError) == (name == "email")
    assert caught.value.body is not None


@pytest.mark.asyncio
@pytest.mark.parametrize("name", WITHOUT_RESULT)
@pytest.mark.parametrize(
    "raw",
    [response(204), response(200), response(200, "\r\n"), response(200, "{}"),
     response(202, '{"success": true}'), response(200, "null")],
    ids=["204", "200", "blank", "object", "success", "null"],
)  # fmt: skip
async def test_calls_without_a_result_need_no_body(
    client: AsyncBeeperDesktop, name: str, raw: bytes
) -> None:
    with LyingServer(raw) as server:
        assert await call_without_result(at(client, server), name) is None


@pytest.mark.asyncio
async def test_an_object_without_fields_is_no_result_even_if_all_of_them_are_optional(
    client: AsyncBeeperDesktop,
) -> None:
    with LyingServer(response(200, "{ }")) as server:
        view = at(client, server)
        with pytest.raises(OutcomeUnknownError):
            await view.app.setup.response(response="1234", setup_request_id="r")
        assert await view.post("/v1/x", cast_to=dict) == {}


@pytest.mark.asyncio
async def test_what_an_observer_raises_replaces_nothing(client: AsyncBeeperDesktop) -> None:
    def observe(response: object) -> None:
        raise ValueError

    with LyingServer(response(200, SENT), response(302)) as server:
        view = at(client, server, on_response=observe)
        assert (await view.messages.send("x", text="hello")).chat_id == "x"
        with pytest.raises(OutcomeUnknownError):
            await view.messages.send("x", text="hello")


@pytest.mark.asyncio
async def test_an_unforeseen_fault_in_decoding_replaces_nothing(
    client: AsyncBeeperDesktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from beeper_async._http.decoding import ParsedResponse

    def fail(self: object) -> None:
        raise AttributeError("items")

    monkeypatch.setattr(ParsedResponse, "build", fail)
    with LyingServer(response(200, SENT)) as server:
        with pytest.raises(OutcomeUnknownError) as unknown:
            await at(client, server).messages.send("x", text="hello")
        with pytest.raises(APIResponseValidationError) as misfit:
            await at(client, server).info.retrieve()
    assert isinstance(unknown.value.__cause__, AttributeError)
    assert misfit.value.body == json.loads(SENT)


# --- what was never sent ------------------------------------------------------------------------


class Stuck(AbstractResolver):
    """A name server that never answers."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        pass


def never_sent(error: APIConnectionError) -> bool:
    return error.never_sent and not isinstance(error, OutcomeUnknownError)


class Busy:
    """A server that answers no request before the end, and a session with one connection to it."""

    def __init__(self) -> None:
        self.arrived, self.end = threading.Event(), threading.Event()
        self.queued = asyncio.Event()
        self.server = LyingServer(self.wait)
        trace = aiohttp.TraceConfig()
        trace.on_connection_queued_start.append(self.see_queued)
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=1), trace_configs=[trace]
        )
        self.client = AsyncBeeperDesktop(
            access_token="t", base_url=self.server.url, session=self.session
        )

    async def see_queued(self, *_: object) -> None:
        self.queued.set()

    def wait(self, line: str) -> bytes:
        self.arrived.set()
        self.end.wait()
        return response(200, "{}")

    async def __aenter__(self) -> Self:
        self.server.__enter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.end.set()
        await self.session.close()
        self.server.__exit__()


@pytest.mark.asyncio
async def test_waiting_for_a_free_connection_is_never_sent() -> None:
    async with Busy() as busy:
        first = asyncio.create_task(busy.client.get("/v1/spec", cast_to=dict[str, Any]))
        await asyncio.to_thread(busy.arrived.wait)
        impatient = busy.client.with_options(timeout=0.5, max_retries=1)
        with pytest.raises(APITimeoutError) as caught:
            await impatient.messages.send("x", text="hello")
        assert never_sent(caught.value)
        assert len(busy.server.received) == 1
        busy.end.set()
        assert await first == {}


@pytest.mark.asyncio
async def test_a_session_closed_meanwhile_ends_a_waiting_call_with_words() -> None:
    async with Busy() as busy:
        first = asyncio.create_task(busy.client.info.retrieve())
        await asyncio.to_thread(busy.arrived.wait)
        second = asyncio.create_task(busy.client.info.retrieve())
        await busy.queued.wait()
        await busy.session.close()
        results = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(result) for result in results] == [ClientUseError, ClientUseError]


@pytest.mark.asyncio
async def test_waiting_for_an_address_is_never_sent() -> None:
    connector = aiohttp.TCPConnector(resolver=Stuck())
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        AsyncBeeperDesktop(
            access_token="t", base_url="http://app.example", session=session, timeout=0.5
        ) as client,
    ):
        with pytest.raises(APITimeoutError) as caught:
            await client.with_options(max_retries=0).messages.send("x", text="hello")
        assert never_sent(caught.value)


class AfterOneByte(socketserver.BaseRequestHandler):
    """Answers the first byte of a TLS handshake with bytes of its own, and hangs up."""

    reply = b""

    def handle(self) -> None:
        self.request.recv(1)
        self.request.sendall(self.reply)


@pytest.mark.asyncio
@pytest.mark.parametrize("behaviour", ["hangs", "speaks plain", "hangs up"])
async def test_a_failed_tls_handshake_is_never_sent(
    client: AsyncBeeperDesktop, behaviour: str
) -> None:
    class Handler(AfterOneByte):
        reply = response(200, SENT) if behaviour == "speaks plain" else b""

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        if behaviour != "hangs":  # else connections wait in the backlog
            serving.start()
        view = client.with_options(
            base_url=f"https://127.0.0.1:{server.server_address[1]}",
            access_token="t",
            timeout=0.5 if behaviour == "hangs" else 20,
            max_retries=0,
        )
        with pytest.raises(APIConnectionError) as caught:
            await view.messages.send("x", text="hello")
        if behaviour != "hangs":
            server.shutdown()
            serving.join()
    assert never_sent(caught.value)


# --- damage -------------------------------------------------------------------------------------


# A reference counts a chat that is started as repeatable, but not the message that comes with it.
UNSAFE = {
    e["sdk_name"]: e
    for e in reference.ENDPOINTS
    if e["repeat"] == "unsafe" or e["sdk_name"] == "chats.start"
}


STATUSES = st.sampled_from([200, 200, 200, 200, 201, 204, 101, 302, 400, 404, 408, 409, 500, 501])
HEADERS = st.dictionaries(
    st.sampled_from(["Date", "Retry_After", "Location", "X_Beeper_Desktop_Version", "X_Y"]),
    st.sampled_from(["", "?", "9" * 400, "Fri, 31 Dec 9999 23:59:59 -2359", "http://[", "-1"]),
)


@pytest.fixture(scope="module")
def liar() -> Any:
    with LyingServer(b"") as server:
        yield server


@pytest.mark.parametrize("name", UNSAFE)
@given(data=st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_damaged_an_unsafe_call_is_done_refused_or_unknown(
    liar: LyingServer, name: str, data: st.DataObject
) -> None:
    raw = written(damaged(data, data.draw(st.sampled_from(answers_of(UNSAFE[name])))))
    raw = raw[: data.draw(st.integers(0, len(raw)))] if data.draw(st.booleans()) else raw
    status = data.draw(STATUSES)
    liar.replies[:] = [response(status, raw, **data.draw(HEADERS))]
    ends: set[str] = set()
    for call in (make_awaited, make_blocking):
        liar.received.clear()
        try:
            call(liar.url, name)
        except OutcomeUnknownError as error:
            assert error.sent_at is not None
            ends.add("unknown")
        except APIStatusError:
            ends.add("refused")
        else:
            ends.add("done")
        assert len(liar.received) == 1
    (ended,) = ends  # both clients agree
    if ended == "done":
        assert status < 300
    if ended == "refused":
        assert status in (400, 404, 501)
    if status in (400, 404, 501):
        assert ended == "refused"


def make_awaited(url: str, name: str) -> None:
    async def make() -> None:
        async with AsyncBeeperDesktop(access_token="t", base_url=url, max_retries=0) as client:
            client._transport._server.version = (4, 3, 73)
            await reference.method_of(client, name)(**reference.full_arguments(UNSAFE[name]))

    asyncio.run(make())


def make_blocking(url: str, name: str) -> None:
    with BeeperDesktop(access_token="t", base_url=url, max_retries=0) as client:
        client._async._transport._server.version = (4, 3, 73)
        reference.method_of(client, name)(**reference.full_arguments(UNSAFE[name]))
