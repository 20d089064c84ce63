"""Holds the answers of the simulator to the wire reference: names, types, words, statuses."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, cast

from .. import reference

Api = Callable[..., Awaitable[tuple[int, Any]]]
Json = dict[str, Any]

UNIONS: dict[str, Json] = {union["name"]: union for union in reference.MODELS_FILE["unions"]}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "enum<string>": (str,),
    "enum<integer>": (int,),
}


def check(value: Any, kind: str, where: str, field: Json | None = None) -> None:
    """Fail unless a value has a type of the reference, with its enumeration if any."""
    field = field or {}
    if kind == "any":
        return
    if kind.startswith("array<"):
        assert isinstance(value, list), where
        for index, item in enumerate(cast("Iterable[Any]", value)):
            check(item, kind[6:-1], f"{where}[{index}]", field)
    elif kind.startswith("map<"):
        assert isinstance(value, dict), where
        for name, item in cast("Json", value).items():
            check(item, kind[4:-1], f"{where}.{name}", field)
    elif kind == "ref:MessageSeen":
        for one in cast("Json", value).values() if isinstance(value, dict) else (value,):
            check(one, "datetime" if isinstance(one, str) else "boolean", where)
    elif kind.startswith("ref:"):
        check_model(value, kind[4:], where)
    elif kind == "const":
        assert value == field["value"], where
        assert type(value) is type(field["value"]), where
    elif kind == "datetime":
        assert TIME.fullmatch(value), where
    else:
        assert type(value) in SCALARS[kind], f"{where}: {value!r} is no {kind}"
        if kind.startswith("enum<"):
            assert value in field["enum"], f"{where}: {value!r}"


def check_model(value: Any, name: str, where: str) -> None:
    """Fail unless a value is an object of a model or of a union of the reference."""
    assert isinstance(value, dict), where
    found = cast("Json", value)
    if name in UNIONS:
        name = _variant(found, UNIONS[name], where)
    fields = {field["wire"]: field for field in reference.fields_of(reference.MODELS[name])}
    assert set(found) <= set(fields), f"{where}: {set(found) - set(fields)} are unknown"
    for wire, field in fields.items():
        if wire not in found:
            assert not field["required"], f"{where}.{wire} is required"
        elif found[wire] is None:
            assert field["nullable"], f"{where}.{wire} must not be null"
        else:
            check(found[wire], field["type"], f"{where}.{wire}", field)


def _variant(value: Json, union: Json, where: str) -> str:
    if union["discriminator"] == "type":
        assert value.get("type") in union["variants"], where
        return str(union["variants"][value["type"]])
    complete, registration = union["variants"]
    return str(registration if value.get("registrationRequired") is True else complete)


def check_error(status: int, body: Any, where: str) -> None:
    """Fail unless this is an error body; validation errors list their issues."""
    assert set(body) <= {"message", "code", "details"}, where
    assert isinstance(body["message"], str), where
    assert isinstance(body["code"], str), where
    if status == 422 or (status == 400 and body["code"] == "VALIDATION_ERROR"):
        assert set(body["details"]) == {"issues"}, where
        assert body["details"]["issues"], where
        for one in body["details"]["issues"]:
            check_model(one | {"path": []}, "ValidationIssue", where)
            assert one["path"][0] in ("body", "query", "params"), where
            assert all(type(part) in (str, int) for part in one["path"]), where


def endpoint_of(method: str, path: str) -> Json:
    """The endpoint of the reference that a request is for."""

    def pattern(template: str) -> str:
        return re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))

    found = [
        one
        for one in reference.ENDPOINTS
        if one["method"] == method and re.fullmatch(pattern(one["path"]), path.partition("?")[0])
    ]
    return min(found, key=lambda one: one["path"].count("{"))


def checked(api: Api) -> Api:
    """The same client, which also checks every answer."""

    async def send(method: str, path: str, body: object = None, **rest: Any) -> tuple[int, Any]:
        status, answer = await api(method, path, body, **rest)
        where = f"{method} {path}"
        if status >= 400:
            check_error(status, answer, where)
            return status, answer
        response = endpoint_of(method, path)["response"]
        assert status == response["status"], where
        if response["model"] is None:
            assert answer is None, where
        else:
            check_model(answer, response["model"], where)
        return status, answer

    return send


def issues(answer: tuple[int, Any]) -> tuple[int, list[tuple[str | int, ...]]]:
    """The status and what was complained about, without the first part of each path."""
    status, body = answer
    return status, [tuple(one["path"][1:]) for one in body["details"]["issues"]]
