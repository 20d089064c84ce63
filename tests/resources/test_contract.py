"""The library against the wire reference, driven by its files: nothing is listed by hand here."""

import inspect
import re
from collections.abc import Mapping, Sequence, Sized
from datetime import datetime
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin
from urllib.parse import parse_qsl

import attrs
import pytest

import beeper_async
from beeper_async import APIError, AsyncBeeperDesktop, ResponseInfo, models
from beeper_async._codec import decoder, encoder
from beeper_async._codec.fields import fields_of
from beeper_async._omit import Omit
from beeper_async.models.page import CursorPage
from beeper_async.testing import Simulator
from beeper_sync import BeeperDesktop

from .. import reference


def _is_answer(entry: dict[str, Any]) -> bool:
    """Tell the answers of endpoints from socket messages, OAuth bodies and empty answers."""
    file = entry["file"]
    return file is not None and not file.startswith(("ws.", "oauth."))


ENDPOINTS = reference.ENDPOINTS
MODELS = list(reference.MODELS.values())
EXAMPLES = [x for x in reference.EXAMPLES if _is_answer(x)]


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
    added = {name: signature.parameters[name] for name in set(signature.parameters) - expected}
    assert expected <= set(signature.parameters)
    assert all(p.default is not p.empty and p.kind is p.KEYWORD_ONLY for p in added.values())
    last = [parameter["py"] for parameter in endpoint["path_params"]][-1:]
    if endpoint["sdk_name"] == "chats.messages.reactions.delete":
        last = ["message_id"]  # a choice of this library, told in the docstring
    kinds = {name: parameter.kind for name, parameter in signature.parameters.items()}
    assert [n for n, kind in kinds.items() if kind is not inspect.Parameter.KEYWORD_ONLY] == last
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
    told: list[ResponseInfo] = []
    try:
        view = client.with_options(on_response=told.append)
        call = reference.method_of(view, endpoint["sdk_name"])
        answer = await call(**reference.full_arguments(endpoint))
        if endpoint["response"]["model"] == "bytes":
            read = answer.read()
            assert await read if inspect.isawaitable(read) else read
    except APIError:
        pass  # the recorded IDs don't exist here; what counts is what was sent
    assert [response.request.name for response in told] == [endpoint["sdk_name"]]
    (request,) = sim.requests
    sent, _, sent_query = request.request_line.partition("?")
    line, _, query = recorded["request_line"].partition("?")
    assert sent == line
    assert sorted(sent_query.split("&")) == sorted(query.split("&"))
    assert len(parse_qsl(sent_query, strict_parsing=bool(sent_query))) == _pairs_in(endpoint)
    if "multipart_parts" in recorded:
        assert _parts(request.body) == recorded["multipart_parts"]
    else:
        assert request.json == recorded.get("body")
    assert ("Authorization" in request.headers) == endpoint["auth"]


def _pairs_in(endpoint: dict[str, Any]) -> int:
    """Count the parameters that the recorded query has; a list has one pair for each item."""
    names = {parameter["py"] for parameter in endpoint["query_params"]}
    given = reference.full_arguments(endpoint)
    return sum(
        len(cast("Sized", value)) if isinstance(value, list) else 1
        for name, value in given.items()
        if name in names
    )


def _parts(body: bytes) -> list[str]:
    """Describe the parts of a form as the reference does."""
    parts: list[str] = []
    for head in re.findall(rb"(?s)--[0-9a-f]+\r\n(.*?)\r\n\r\n", body):
        name, filename = re.findall(r'name="(.*?)"(?:; filename="(.*?)")?', head.decode())[0]
        kind = re.findall(r"Content-Type: (.*)", head.decode())[0].strip()
        parts.append(
            f'{name} (filename="{filename}", Content-Type: {kind})'
            if filename
            else f"{name} (text)"
        )
    return parts


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m["name"])
def test_each_model_has_each_field(model: dict[str, Any]) -> None:
    cls = getattr(models, model["name"])
    fields = {field.name: field for field in fields_of(cls)}
    for expected in reference.fields_of(model):
        field = fields.pop(expected["py"])
        assert field.wire == expected["wire"]
        kind = expected["type"]
        if kind == "const" and get_origin(field.type) is not Literal:
            kind = "boolean" if expected["value"] is True else "string"
        assert _fits(kind, field.type), f"{field.name}: {field.type}"
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
        return get_origin(tp) in (list, Sequence) and _fits(kind[6:-1], get_args(tp)[0])
    if kind.startswith("map<"):
        return get_origin(tp) in (dict, Mapping) and _fits(kind[4:-1], get_args(tp)[1])
    if kind.startswith("ref:"):
        return attrs.has(tp) and tp.__name__ == kind[4:]
    if get_origin(tp) is Literal:
        return kind == "const"
    plain = {
        "string": str, "integer": int, "number": float, "boolean": bool, "datetime": datetime,
        "enum<string>": str, "enum<integer>": int, "any": object,
    }  # fmt: skip
    return tp is plain[kind]


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda x: x["file"])
def test_each_example_survives_decoding_and_encoding(entry: dict[str, Any]) -> None:
    body = reference.example(entry["file"])
    tp = _type_of(entry)
    model = decoder.decode(tp, body)
    assert encoder.encode(model) == body
    assert list(decoder.problems(tp, body)) == []


def _type_of(entry: dict[str, Any]) -> Any:
    if entry["model"].startswith("array<"):
        return list[getattr(models, entry["model"][6:-1])]  # type: ignore[misc]
    tp: Any = getattr(models, entry["item"] if entry["model"] == "CursorPage" else entry["model"])
    return CursorPage[tp] if entry["model"] == "CursorPage" else tp


def test_the_reference_is_read_whole() -> None:
    assert (len(ENDPOINTS), len(MODELS)) == (60, 91)
    assert len(EXAMPLES) > 80


def test_every_public_name_can_be_loaded_and_listed() -> None:
    for module in (beeper_async, models):
        for name in dir(module):
            assert getattr(module, name) is not None
    assert not Omit()
