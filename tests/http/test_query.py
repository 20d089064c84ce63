"""IDs in paths: exactly one segment, or refused."""

from typing import Any
from urllib.parse import unquote

import attrs
import pytest
from hypothesis import given, strategies as st

from beeper_async import AsyncBeeperDesktop, InvalidInputError, NotFoundError
from beeper_async._http.query import path_of, segment
from beeper_async._http.request import Idempotency, raw_request
from beeper_async.models import User
from beeper_async.testing import Simulator

OBJECT: type[dict[str, Any]] = dict


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "chat_id",
    [
        "a/b",
        "a?b#c",
        "%2F",
        "...",
        "👩‍👩‍👧",
        "שלום",
        "a b+c",
        "x" * 500,
        "!a:b.c",
        "%",
        "a\\b",
        "\n",
    ],
)
async def test_an_odd_id_arrives_as_one_segment(
    client: AsyncBeeperDesktop, sim: Simulator, chat_id: str
) -> None:
    with pytest.raises(NotFoundError):
        await client.chats.retrieve(chat_id)
    (request,) = sim.requests
    head, tail = request.raw_path.rsplit("/", 1)
    assert head == "/v1/chats"
    assert unquote(tail) == chat_id


@pytest.mark.asyncio
@pytest.mark.parametrize("chat_id", ["", ".", "..", "\ud800", None, 5])
async def test_an_id_that_would_change_the_route_is_refused(
    client: AsyncBeeperDesktop, sim: Simulator, chat_id: str
) -> None:
    with pytest.raises(InvalidInputError, match=r"^chat_id "):
        await client.chats.retrieve(chat_id)
    with pytest.raises(InvalidInputError, match=r"^reaction_key "):
        await client.chats.messages.reactions.delete("m", chat_id="c", reaction_key=chat_id)
    assert sim.requests == []


@given(st.text(min_size=1).filter(lambda text: text not in (".", "..")))
def test_every_text_becomes_one_segment_and_comes_back(text: str) -> None:
    try:
        quoted = segment("chat_id", text)
    except InvalidInputError:
        assert any("\ud800" <= c <= "\udfff" for c in text)
        return
    assert not set(quoted) & set("/?# \\%".replace("%", ""))
    assert unquote(quoted) == text
    assert path_of("/v1/chats/{chat_id}/x/{id}", chat_id=text, id="b").count("/") == 5


@pytest.mark.parametrize(
    "path",
    [
        "v1/x",
        "//evil.example/x",
        "http://evil.example/",
        "/v1/../x",
        "/v1/..?x=1",
        "/a b",
        "/é",
        "/a#b",
        "/a\r\n",
    ],
)
def test_a_raw_path_can_not_leave_the_app(path: str) -> None:
    with pytest.raises(InvalidInputError):
        raw_request("GET", path, dict, None, None)


@pytest.mark.parametrize("path", ["/v1/x?back=/../y", "/v1/x?y=./z&a=http://b"])
def test_what_stands_in_the_query_of_a_raw_path_changes_no_route(path: str) -> None:
    request = raw_request("GET", path, OBJECT, {"limit": 5}, None)
    assert request.path == f"{path}&limit=5"
    assert request.name == "GET /v1/x"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_of_raw_calls_only_reads_are_repeated_by_themselves(method: str) -> None:
    request = raw_request(method, "/v1/x", OBJECT, None, {})
    assert request.idempotency is (Idempotency.SAFE if method == "GET" else Idempotency.UNSAFE)
    asked = raw_request(method, "/v1/x", OBJECT, None, {}, idempotency=Idempotency.IDEMPOTENT)
    assert asked.idempotency is Idempotency.IDEMPOTENT


@attrs.frozen(kw_only=True, slots=False)
class OpenUser(User):
    """A user with room for any attribute, which the decoder can't fill."""


@pytest.mark.parametrize("cast_to", [OpenUser, attrs.make_class("Own", ["id"])])
def test_classes_that_can_not_be_decoded_to_are_refused(cast_to: type) -> None:
    with pytest.raises(InvalidInputError, match="cast_to must be a model of this library"):
        raw_request("GET", "/v1/x", cast_to, None, None)


@pytest.mark.parametrize("cast_to", [User, list[User], dict, str, bytes, type(None)])
def test_classes_that_can_be_decoded_to(cast_to: Any) -> None:
    assert raw_request("GET", "/v1/x", cast_to, None, None).result_type is cast_to
