"""What chats of one client have in common: built once, and nothing that could be changed."""

import copy
import pickle
from typing import Any

import orjson
import pytest

from beeper_async import AsyncBeeperDesktop
from beeper_async._codec.decoder import decode, decode_leniently
from beeper_async._codec.errors import DecodeError
from beeper_async._codec.read_only import ReadOnlyDict
from beeper_async._codec.sharing import SharedParts, sharing
from beeper_async.models import Chat, ChatCapabilities

CAPABILITIES: dict[str, Any] = {
    "edit": 2,
    "allowedReactions": ["👍"],
    "formatting": {"bold": 2},
    "attachments": {"m.image": {"mimeTypes": {"image/png": 2}, "later": {"a": 1}}},
    "disappearingTimer": {"types": ["afterSend"], "timers": [86_400_000]},
    "later": {"a": [1]},
}

CHANGES: list[tuple[str, tuple[Any, ...]]] = [
    ("update", ({"a": 1},)),
    ("__setitem__", ("a", 1)),
    ("__delitem__", ("a",)),
    ("__ior__", ({"a": 1},)),
    ("clear", ()),
    ("pop", ("a", None)),
    ("popitem", ()),
    ("setdefault", ("a", 1)),
]


def built(parts: SharedParts, body: Any) -> ChatCapabilities:
    return sharing(parts, decode, ChatCapabilities, copy.deepcopy(body))


def test_equal_capabilities_are_one_object_within_a_client_and_not_beyond() -> None:
    parts = SharedParts()
    first = built(parts, CAPABILITIES)
    assert built(parts, CAPABILITIES) is first
    assert built(parts, {**CAPABILITIES, "edit": 1}) is not first
    assert built(SharedParts(), CAPABILITIES) is not first
    assert decode(ChatCapabilities, CAPABILITIES) is not decode(ChatCapabilities, CAPABILITIES)
    assert first.to_dict() == CAPABILITIES


@pytest.mark.parametrize(("one", "other"), [(1, True), (2, 2.0), (0, False)])
def test_values_that_are_only_equal_in_python_are_not_taken_for_each_other(
    one: Any, other: Any
) -> None:
    parts = SharedParts()
    built(parts, {"edit": one})
    with pytest.raises(DecodeError):
        built(parts, {"edit": other})
    built(parts, {"later": other})
    assert built(parts, {"later": one}).to_dict()["later"] is one


def test_at_most_64_kinds_are_kept() -> None:
    parts = SharedParts()
    for number in range(1000):
        assert built(parts, {"editMaxAge": number}).edit_max_age == number
        assert len(parts) <= 64


def test_what_does_not_fit_or_is_too_large_is_not_kept() -> None:
    parts = SharedParts()
    decoded = sharing(parts, decode_leniently, ChatCapabilities, {"edit": "x"})
    assert decoded.value.misfits == {"edit": "x"}
    assert built(parts, {"editMaxAge": 2**70}).edit_max_age == 2**70
    assert len(parts) == 0


def test_a_misfit_within_is_walked_into_values_that_cannot_be_changed() -> None:
    body = {**CAPABILITIES, "attachments": {"a": {"mimeTypes": {"b": "no"}}, "c": 5}}
    body |= {"allowedReactions": ["a", 5], "reply": "x"}
    value = decode_leniently(ChatCapabilities, body).value
    assert isinstance(value.attachments, ReadOnlyDict)
    assert value.allowed_reactions == ("a",)
    assert value.to_dict() == body


def test_nothing_that_is_shared_can_be_changed() -> None:
    shared: Any = built(SharedParts(), CAPABILITIES)
    maps: list[Any] = [
        shared.formatting,
        shared.attachments,
        shared.attachments["m.image"].mime_types,
    ]
    for one in maps:
        for name, arguments in CHANGES:
            with pytest.raises(TypeError, match="read-only"):
                getattr(one, name)(*arguments)
    for sequence in (shared.allowed_reactions, shared.disappearing_timer.timers):
        assert isinstance(sequence, tuple)
    shared.extra["later"]["a"].append(2)
    shared.attachments["m.image"].extra["later"].clear()
    shared.to_dict()["formatting"]["bold"] = 0
    assert shared.to_dict() == CAPABILITIES
    assert shared.extra == {"later": {"a": [1]}}


def test_shared_models_are_copied_pickled_and_written() -> None:
    shared = built(SharedParts(), CAPABILITIES)
    for one in (copy.copy(shared), copy.deepcopy(shared), pickle.loads(pickle.dumps(shared))):
        assert one == shared
        assert isinstance(one.formatting, ReadOnlyDict)
        assert one.to_dict() == CAPABILITIES
    assert shared.formatting == {"bold": 2}
    assert {**(shared.formatting or {}), "italic": 1} == {"bold": 2, "italic": 1}
    assert orjson.loads(shared.to_json()) == CAPABILITIES


@pytest.mark.asyncio
async def test_chats_of_a_client_share_their_capabilities(client: AsyncBeeperDesktop) -> None:
    chats = [chat async for chat in client.chats.list()]
    again: list[Chat] = [await client.chats.retrieve(chat.id) for chat in chats]
    kinds: dict[str, ChatCapabilities] = {}
    for chat in (*chats, *again):
        if chat.capabilities is not None:
            written = chat.capabilities.to_json()
            assert kinds.setdefault(written, chat.capabilities) is chat.capabilities
    assert 0 < len(kinds) < len(chats)
