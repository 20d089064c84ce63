"""The check that the tests of bridges and of the setup rely on, and which endpoints there are."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any, cast

import pytest

from beeper_async.testing import Simulator
from beeper_async.testing.routes import ALL_ROUTES
from beeper_async.testing.server.versions import parse_app_version

from ... import reference
from ..wire_check import Api, check_model, checked, endpoint_of

Json = dict[str, Any]
FAMILIES = ("bridges.", "app.setup.")
ENDPOINTS = [one for one in reference.ENDPOINTS if one["sdk_name"].startswith(FAMILIES)]
EXAMPLES = [
    one
    for one in reference.EXAMPLES
    if (one["endpoint"] or "").startswith(FAMILIES) and one["strict"] and one["status"] == 200
]


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all objects inside a value."""
    if isinstance(value, dict):
        yield path
        for name, item in cast("Json", value).items():
            yield from paths_of(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(cast("Iterable[Any]", value)):
            yield from paths_of(item, (*path, index))


FREE = ("capabilities", "details", "attachments", "group_creation")


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda one: one["file"])
def test_the_check_passes_examples_and_finds_unknown_names(entry: Json) -> None:
    body = reference.example(entry["file"])
    check_model(body, entry["model"], "example")
    for path in paths_of(body):
        if any(part in FREE for part in path):
            continue
        broken = copy.deepcopy(body)
        inner = broken
        for part in path:
            inner = inner[part]
        inner["extra"] = 1
        with pytest.raises(AssertionError):
            check_model(broken, entry["model"], "broken")


WRONG: list[Json] = [
    {"status": "waiting"},
    {"status": None},
    {"loginSessionID": 42},
    {"currentStep": {"type": "passkey", "stepID": "x"}},
    {"currentStep": {"type": "user_input", "stepID": "x"}},
    {"currentStep": {"type": "cookies", "stepID": "x", "url": "", "fields": [{}]}},
    {"error": {"code": "x"}},
]


@pytest.mark.parametrize("change", WRONG)
def test_the_check_finds_wrong_values(change: Json) -> None:
    good = {"bridgeID": "b", "loginSessionID": "1", "status": "failed"}
    check_model(good, "LoginSession", "good")
    with pytest.raises(AssertionError):
        check_model(good | change, "LoginSession", "broken")


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one["sdk_name"])
def test_each_endpoint_has_its_route(endpoint: Json) -> None:
    (route,) = [
        one
        for one in ALL_ROUTES
        if (one.method, one.path) == (endpoint["method"], endpoint["path"])
    ]
    assert route.since == parse_app_version(endpoint["since"])
    assert route.public == (not endpoint["auth"])


def test_there_are_no_other_routes_of_these_families() -> None:
    known = {(one["method"], one["path"]) for one in ENDPOINTS}
    prefixes = ("/v1/bridges", "/v1/app/")
    routes = {(one.method, one.path) for one in ALL_ROUTES if one.path.startswith(prefixes)}
    assert routes == known
    assert len(known) == 28


@pytest.mark.asyncio
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one["sdk_name"])
async def test_tokens_scopes_and_old_apps(sim: Simulator, api: Api, endpoint: Json) -> None:
    """A wrong token is 401 where one is needed, an app without the endpoint answers 404."""
    line = endpoint["recorded"]["full"]["request_line"]
    method, _, path = line.partition(" ")
    assert endpoint_of(method, path) == endpoint
    body = endpoint["recorded"]["full"].get("body")
    status, _ = await checked(api)(method, path, body, token="wrong")
    assert (status == 401) == endpoint["auth"]
    sim.scopes = ("read",)
    status, _ = await checked(api)(method, path, body)
    assert (status == 403) == (endpoint["auth"] and method != "GET")
    sim.scopes = ("read", "write")
    sim.app_version = "4.2.808"
    status, error = await checked(api)(method, path, body)
    assert (status, error["message"]) == (404, f"Route {method} {path} not found")
