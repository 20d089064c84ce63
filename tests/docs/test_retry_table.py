"""The tables in docs/errors.md that say what is repeated are what the calls and `retry` do."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve

from beeper_async import APIError, APIResponseValidationError, APITimeoutError, AsyncBeeperDesktop
from beeper_async._http import transport
from beeper_async._http.downloads import AsyncDownload
from beeper_async._http.failures import outcome_unknown, status_error
from beeper_async._http.outcome import AttemptState, Effect, Outcome
from beeper_async._http.request import Idempotency, Request
from beeper_async._http.retry import retry_delay
from beeper_async._http.transport import Transport
from beeper_async._omit import Omit
from beeper_async._response import RequestInfo, ResponseInfo

from .. import reference
from .pages import ROOT

KINDS = [Idempotency.SAFE, Idempotency.IDEMPOTENT, Idempotency.UNSAFE]


def rows() -> list[tuple[str, list[str]]]:
    """Read the outcomes and their yes or no."""
    lines = (ROOT / "docs/errors.md").read_text("utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("| Outcome | Reads"))
    table: list[tuple[str, list[str]]] = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        outcome, *answers = (cell.strip() for cell in line.strip("|").split("|"))
        table.append((outcome, answers))
    return table


def outcomes(text: str) -> list[Outcome]:
    """Translate the first cell of a row."""
    if text.startswith("never reached"):
        return [Outcome(AttemptState.NEVER_SENT)]
    if text.startswith("no answer"):
        return [Outcome(AttemptState.UNKNOWN)]
    words = text.replace(",", " ").split()
    return [Outcome(AttemptState.ANSWERED, int(word)) for word in words if word.isdigit()]


@pytest.mark.parametrize(("text", "answers"), rows())
def test_row_is_true(text: str, answers: list[str]) -> None:
    found = outcomes(text)
    assert found
    assert len(answers) == len(KINDS)
    for kind, answer in zip(KINDS, answers, strict=True):
        for outcome in found:
            pause = retry_delay(
                kind,
                0,
                outcome,
                max_retries=2,
                max_retry_after=60,
                jitter=1.0,
                now=datetime(2026, 1, 1, tzinfo=UTC),
            )
            assert answer == ("no" if pause is None else "yes"), (kind, outcome)


def unsafe_rows() -> list[tuple[str, str, str]]:
    """Read what a call that is sent once raises."""
    text = (ROOT / "docs/errors.md").read_text("utf-8")
    _, _, table = text.partition("| Response to a call that is sent once |")
    lines = [line for line in table.split("\n\n")[0].splitlines()[2:] if line]
    found = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    return [(cells[0], cells[1], cells[2]) for cells in found]


@pytest.mark.parametrize(("text", "did", "raised"), unsafe_rows())
def test_row_of_unsafe_calls_is_true(text: str, did: str, raised: str) -> None:
    found = outcomes(text.removeprefix("none: ").replace("none, or", "no answer, or"))
    readable = "anything else" not in text
    names = set(re.findall(r"`(\w+)`", raised)) - {"never_sent"}
    assert found
    for outcome in found:
        effect = evolve(outcome, readable=readable).effect
        words = {Effect.NONE: "nothing", Effect.DONE: "done", Effect.UNKNOWN: "unknown"}
        assert words[effect] == did
        if effect is Effect.UNKNOWN:
            assert {cls.__name__ for cls in raised_for(outcome, readable=readable)} >= names


def raised_for(outcome: Outcome, *, readable: bool) -> set[type]:
    """Return the classes of what an unsafe call raises after such an attempt."""
    request = RequestInfo("x", "POST", "http://x")
    response = ResponseInfo(request, outcome.status, {}, 0.0, 0)
    errors: list[APIError] = [APITimeoutError("x", request=request)]
    if outcome.state is AttemptState.ANSWERED:
        errors = [status_error(request, response, None)]
    if not readable:
        errors = [APIResponseValidationError("x", request=request, response=response)]
    now = datetime.now(UTC)
    return {cls for error in errors for cls in type(outcome_unknown(error, None, now)).__mro__}


class SeenError(Exception):
    """Stops a call at its request."""


async def request_of(client: AsyncBeeperDesktop, name: str, given: dict[str, Any]) -> Request[Any]:
    """Call a method, and return what it would have sent."""
    try:
        result = reference.method_of(client, name)(**given)
        await (result.read() if isinstance(result, AsyncDownload) else result)
    except SeenError as seen:
        request: Request[Any] = seen.args[0]
        return request
    raise AssertionError(name)


async def requests(monkeypatch: pytest.MonkeyPatch) -> list[Request[Any]]:
    """List what every call sends: with all its parameters, with as few as possible, and raw."""

    def see(request: Request[Any], *rest: object, **more: object) -> None:
        raise SeenError(request)

    async def version(self: Transport, options: object) -> tuple[int, ...]:
        return (4, 3, 73)

    async def chunks() -> AsyncIterator[bytes]:
        yield b"x"

    monkeypatch.setattr(transport, "prepare", see)
    monkeypatch.setattr(Transport, "app_version", version)
    client = AsyncBeeperDesktop(access_token="t")
    found = [await request_of(client, "assets.upload", {"file": chunks()})]
    for endpoint in reference.ENDPOINTS:
        given = reference.full_arguments(endpoint)
        kinds = ("path_params", "query_params", "body_params")
        needed = {p["py"] for kind in kinds for p in endpoint[kind] if p["required"]}
        few = {name: value for name, value in given.items() if name in needed} or given
        few = given if endpoint["sdk_name"] == "messages.send" else few
        found += [await request_of(client, endpoint["sdk_name"], g) for g in (given, few)]
    # The only call that is not documented by the app.
    found.append(await request_of(client, "chats.typing", {"chat_id": "!a"}))
    for method in ("get", "put", "delete", "post", "patch"):
        request = await request_of(client, method, {"path": "/x", "cast_to": dict})
        found.append(evolve(request, name=method))
    return found


def calls_of_table() -> set[tuple[str, Idempotency]]:
    """Read which call of the table is of which kind."""
    calls: set[tuple[str, Idempotency]] = set()
    _, _, table = (
        (ROOT / "docs/errors.md").read_text("utf-8").partition("| Calls | State changes |")
    )
    for line in table.splitlines()[2:]:
        if not line.startswith("|"):
            break
        family, *cells = line.strip("|").split("|")
        family = family.strip().strip("`").removeprefix("client").removeprefix(".")
        for kind, cell in zip(KINDS[1:], cells, strict=True):
            for name in re.findall(r"`(\w+)`", cell):
                calls.add((f"{family}.{name}".removeprefix("."), kind))
    return calls


@pytest.mark.asyncio
async def test_each_call_is_of_the_kind_that_the_table_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = await requests(monkeypatch)
    assert {r.name for r in sent if r.idempotency is Idempotency.SAFE} == {
        r.name for r in sent if r.method == "GET"
    }
    others = {(r.name, r.idempotency) for r in sent if r.method != "GET"}
    assert calls_of_table() == others


@pytest.mark.asyncio
async def test_the_calls_that_succeed_when_there_is_nothing_left_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = " ".join((ROOT / "docs/errors.md").read_text("utf-8").split())
    sentence = re.findall(r"If one of ([^:]*) meets a 404", text)[0]
    named = set(re.findall(r"`([\w.]+)`", sentence))
    gone = {r.name for r in await requests(monkeypatch) if not isinstance(r.gone, Omit)}
    assert {".".join(name.split(".")[-2:]) for name in gone} == named
