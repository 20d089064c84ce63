"""The library against the wire reference, driven by its files: nothing is listed by hand here
except which families are still to come."""

import inspect
from datetime import datetime
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin
from urllib.parse import parse_qsl

import attrs
import pytest

import beeper_async
from beeper_async import APIError, AsyncBeeperDesktop, models, wire
from beeper_async.omit import Omit
from beeper_async.pagination import CursorPage
from beeper_async.testing import Simulator
from beeper_sync import BeeperDesktop

from . import reference

ENDPOINTS = [e for e in reference.ENDPOINTS if e["sdk_name"].startswith("chats.")]


def _known(model: str | None) -> bool:
    return model is not None and hasattr(models, model)


MODELS = [model for name, model in reference.MODELS.items() if _known(name)]
EXAMPLES = [
    x for x in reference.EXAMPLES if _known(x["item"] if x["model"] == "CursorPage" else x["model"])
]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: e["sdk_name"])
@pytest.mark.parametrize("client_type", [AsyncBeeperDesktop, BeeperDesktop])
def test_each_endpoint_has_its_method_with_all_parameters(
    client_type: Any, endpoint: dict[str, Any]
) -> None:
    client = client_type(access_token="t")
    signature = inspect.signature(reference.method_of(client, endpoint["sdk_name"]))
    for kind in ("path_params", "query_params", "body_params"):
        for parameter in endpoint[kind]:
            found = signature.parameters[parameter["py"]]
            assert (found.default is inspect.Parameter.empty) == parameter["required"]
    expected = {
        p["py"] for k in ("path_params", "query_params", "body_params") for p in endpoint[k]
    }
    assert set(signature.parameters) == expected
    if client_type is BeeperDesktop:
        client.close()


@pytest.mark.asyncio
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: e["sdk_name"])
async def test_each_call_sends_what_the_official_client_was_seen_to_send(
    client: AsyncBeeperDesktop, sim: Simulator, endpoint: dict[str, Any]
) -> None:
    recorded = endpoint["recorded"]["full"]
    await client.get("/v1/info", cast_to=dict)  # so that the app's version is known
    sim.clear_requests()
    try:
        call = reference.method_of(client, endpoint["sdk_name"])
        await call(**reference.full_arguments(endpoint))
    except APIError:
        pass  # the recorded IDs don't exist here; what counts is what was sent
    (request,) = sim.requests
    sent, _, sent_query = request.request_line.partition("?")
    line, _, query = recorded["request_line"].partition("?")
    assert sent == line
    assert sorted(sent_query.split("&")) == sorted(query.split("&"))
    assert parse_qsl(sent_query) is not None
    assert request.json == recorded.get("body")


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m["name"])
def test_each_model_has_each_field(model: dict[str, Any]) -> None:
    cls = getattr(models, model["name"])
    fields = {field.name: field for field in wire.fields_of(cls)}
    for expected in reference.fields_of(model):
        field = fields.pop(expected["py"])
        assert field.wire == expected["wire"]
        assert _fits(expected["type"], field.type), f"{field.name}: {field.type}"
        if not expected["required"]:
            assert not field.required, field.name
    assert not fields, "fields that the reference doesn't know"


def _fits(kind: str, tp: Any) -> bool:
    """Tell whether a Python type can hold every value of a type of the reference."""
    if tp is Any:
        return True
    if kind.startswith("union<"):
        return all(_fits(member, tp) for member in kind[6:-1].split(" | "))
    if get_origin(tp) in (Union, UnionType):
        if kind.startswith("ref:") and kind[4:] not in reference.MODELS:
            return True  # a union of the reference
        return any(_fits(kind, member) for member in get_args(tp))
    if kind.startswith("array<"):
        return get_origin(tp) is list and _fits(kind[6:-1], get_args(tp)[0])
    if kind.startswith("map<"):
        return get_origin(tp) is dict and _fits(kind[4:-1], get_args(tp)[1])
    if kind.startswith("ref:"):
        return attrs.has(tp) and tp.__name__ == kind[4:]
    if get_origin(tp) is Literal:
        return kind == "const"
    plain = {
        "string": str, "integer": int, "number": float, "boolean": bool, "datetime": datetime,
        "enum<string>": str, "enum<integer>": int, "any": object, "const": bool,
    }  # fmt: skip
    return tp is plain[kind]


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda x: x["file"])
def test_each_example_survives_decoding_and_encoding(entry: dict[str, Any]) -> None:
    body = reference.example(entry["file"])
    tp: Any = getattr(models, entry["item"] if entry["model"] == "CursorPage" else entry["model"])
    tp = CursorPage[tp] if entry["model"] == "CursorPage" else tp
    model = wire.decode(tp, body)
    assert wire.encode(model) == body
    assert list(wire.problems(tp, body)) == []


def test_the_examples_are_not_empty() -> None:
    assert len(EXAMPLES) >= 25
    assert len(MODELS) >= 30


def test_every_public_name_can_be_loaded_and_listed() -> None:
    for module in (beeper_async, models):
        for name in dir(module):
            assert getattr(module, name) is not None
    assert not Omit()
