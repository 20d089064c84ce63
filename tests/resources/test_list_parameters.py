"""Parameters that are lists: sent whole, or refused with their name. Never sent as "all"."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from beeper_async import APIError, AsyncBeeperDesktop, InvalidInputError
from beeper_async._http.query import query_pairs
from beeper_async._validation import check_text_list
from beeper_async.events.connection import chats_of
from beeper_async.testing import Simulator

from .. import reference

# Read from the reference, so that a new one can't be forgotten.
LISTS = [
    pytest.param(endpoint, parameter, id=f"{endpoint['sdk_name']}-{parameter['py']}")
    for endpoint in reference.ENDPOINTS
    for kind in ("query_params", "body_params")
    for parameter in endpoint[kind]
    if parameter["type"].startswith("array<")
]
KINDS: dict[str, Callable[[list[str]], Any]] = {
    "iterator": iter,
    "generator": lambda values: (value for value in values),
    "tuple": tuple,
    "set": set,
    "dict view": lambda values: dict.fromkeys(values).keys(),
    "map": lambda values: map(str, values),
}
REFUSED: dict[str, Any] = {
    "nothing in it": [],
    "an empty tuple": (),
    "an empty iterator": iter([]),
    "a text": "abc",
    "no text": "",
    "bytes": b"abc",
    "a bytearray": bytearray(b"abc"),
    "a dict": {"a": "b"},
    "a number": 5,
    "a boolean": True,
    "numbers": [1, 2],
    "a None in it": ["a", None],
    "lists": [["a"]],
    "an object": object(),
}


def test_the_reference_has_lists() -> None:
    assert len(LISTS) >= 6


async def sent_values(
    client: AsyncBeeperDesktop, sim: Simulator, endpoint: Any, parameter: Any, value: Any
) -> list[str]:
    """Make a call with this value, and return what was sent of it."""
    await client.get("/v1/info", cast_to=dict)  # so that the app's version is known
    sim.clear_requests()
    arguments = reference.full_arguments(endpoint) | {parameter["py"]: value}
    with suppress(APIError):  # the recorded IDs don't exist here; what counts is what was sent
        await reference.method_of(client, endpoint["sdk_name"])(**arguments)
    request = sim.requests[0]
    in_query = [text for name, text in request.query if name == parameter["wire"]]
    body: dict[str, list[str]] = request.json or {}
    return in_query or body.get(parameter["wire"], [])


def values_of(endpoint: Any, parameter: Any) -> list[str]:
    given: list[str] = reference.full_arguments(endpoint)[parameter["py"]]
    return given


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize(("endpoint", "parameter"), LISTS)
async def test_whatever_can_be_iterated_is_sent_whole(
    client: AsyncBeeperDesktop, sim: Simulator, endpoint: Any, parameter: Any, kind: str
) -> None:
    values = values_of(endpoint, parameter)
    found = await sent_values(client, sim, endpoint, parameter, KINDS[kind](values))
    assert sorted(found) == sorted(values)


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", list(REFUSED))
@pytest.mark.parametrize(("endpoint", "parameter"), LISTS)
async def test_what_is_no_list_of_texts_is_refused_with_its_name(
    client: AsyncBeeperDesktop, sim: Simulator, endpoint: Any, parameter: Any, kind: str
) -> None:
    with pytest.raises(InvalidInputError, match=f"^{parameter['py']} must"):
        await sent_values(client, sim, endpoint, parameter, REFUSED[kind])
    assert sim.requests == []


@pytest.mark.asyncio
async def test_all_pages_of_a_listing_have_what_an_iterator_gave(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    account = next(iter(sim.world.accounts))
    found = [chat.id async for chat in client.chats.list(account_ids=iter([account]), limit=2)]
    assert found == [c["id"] for c in sim.world.by_activity() if c["accountID"] == account]
    assert len(sim.requests) > 1
    assert all(("accountIDs", account) in request.query for request in sim.requests)


@pytest.mark.asyncio
async def test_splitting_takes_iterators_too(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    accounts = list(sim.world.accounts)
    parts = client.chats.list().split(account_ids=iter(accounts))
    assert list(parts) == accounts
    times = [datetime(2026, 5, day, tzinfo=UTC) for day in (1, 2)]
    windows = client.messages.search().split(at=iter(times))
    assert list(windows) == [times[1], times[0], None]
    refused: list[Any] = [[], iter(()), "ab", b"ab", 5]
    for nothing in refused:
        with pytest.raises(InvalidInputError, match="account_ids"):
            client.chats.list().split(account_ids=nothing)
        with pytest.raises(InvalidInputError, match=r"\bat\b"):
            client.messages.search().split(at=nothing)


@pytest.mark.asyncio
async def test_a_raw_call_does_not_lose_a_filter_either(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    value: Any
    for value in ([], (), b"ab", {"a": 1}, iter(["a"]), {"a"}, [None], [["a"]], object()):
        with pytest.raises(InvalidInputError, match="accountIDs"):
            await client.get("/v1/chats", cast_to=dict, query={"accountIDs": value})
    assert sim.requests == []


def test_events_take_the_chats_that_an_iterator_gives() -> None:
    given: Any = iter(["a", "b"])
    assert chats_of(given) == ("a", "b")
    assert chats_of([]) == ()
    assert chats_of(["*"]) is chats_of(None) is None
    for given in ("abc", b"abc", 5, {"a": "b"}, [5]):
        with pytest.raises(InvalidInputError, match=r"^chat_ids must"):
            chats_of(given)


texts = st.text(max_size=3)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(texts, inner, max_size=3)
        | st.frozensets(texts, max_size=3)
        | st.lists(inner, max_size=3).map(iter)
        | st.lists(texts, max_size=3).map(lambda found: (text for text in found))
    ),
    max_leaves=5,
)


@settings(max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
@given(value=anything | st.lists(texts).map(iter) | st.lists(texts))
def test_any_value_is_taken_whole_or_refused(value: Any) -> None:
    watched, seen = watch(value)
    try:
        taken = check_text_list("ids", watched)
    except InvalidInputError as error:
        assert str(error).startswith("ids must ")
        return
    if value is None:
        assert taken is None
        return
    assert taken
    assert taken == (list(value) if seen is None else seen)
    assert [text for _, text in query_pairs([("ids", "ids", taken)])] == taken


def watch(value: Any) -> tuple[Any, list[Any] | None]:
    """Return a value, and what an iterator gave, which can't be asked a second time."""
    if not isinstance(value, Iterator):
        return value, None
    seen: list[Any] = []
    items: Iterator[Any] = cast("Any", value)

    def watching() -> Iterator[Any]:
        for item in items:
            seen.append(item)
            yield item

    return watching(), seen
