"""Every answer about messages, accounts, labels, searches, the focus and assets fits the wire
reference, whatever the call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from beeper_async.testing import Simulator

from ... import reference
from ..wire_check import check, check_error, check_model

pytestmark = pytest.mark.asyncio

Api = Callable[..., Awaitable[tuple[int, Any]]]
Json = dict[str, Any]

ENDPOINTS = {
    one["sdk_name"]: one
    for one in reference.ENDPOINTS
    if one["sdk_name"].partition(".")[0]
    in ("messages", "accounts", "labels", "focus", "search", "info", "assets")
}
SERVED = "assets.serve"
PAGE = {"items", "hasMore", "oldestCursor", "newestCursor"}


def fits(answer: Any, endpoint: Json) -> None:
    """Fail unless an answer has the shape that the reference gives to its endpoint."""
    where, response = endpoint["sdk_name"], endpoint["response"]
    if where == "messages.search":
        check_model(answer, "SearchMessagesResult", where)
    elif response["model"] == "CursorPage":
        assert set(answer) == PAGE, where
        check(answer["items"], f"array<ref:{response['item']}>", where)
        check(answer["hasMore"], "boolean", where)
        for name in ("oldestCursor", "newestCursor"):
            check(answer[name], "string", f"{where}.{name}")
    elif response["model"] is None:
        assert answer is None, where
    elif response["model"].startswith("array<"):
        check(answer, f"array<ref:{response['model'][6:-1]}>", where)
    else:
        check_model(answer, response["model"], where)


async def calls(sim: Simulator, api: Api, chat: Json) -> dict[str, list[tuple[str, Any]]]:
    """Requests for each endpoint, as what follows the path and the body."""
    messages = f"/v1/chats/{chat['id']}/messages"
    for text in ("one", "two"):
        await api("POST", messages, {"text": text})
    newer, older = (message["id"] for message in sim.world.messages[chat["id"]][:-3:-1])
    _, upload = await api("POST", "/v1/assets/upload/base64", {"content": "aGk="})
    attachment = {"uploadID": upload["uploadID"], "type": "file"}
    account = f"/v1/accounts/{chat['accountID']}"
    received = sim.world.messages[chat["id"]][3]["attachments"][0]["id"]
    return {
        "messages.list": [(messages, None), (f"/v1/chats/{chat['id']}/messages", None)],
        "messages.retrieve": [(f"{messages}/{older}", None)],
        "messages.send": [(messages, {"text": "x"}), (messages, {"attachment": attachment})],
        "messages.update": [(f"{messages}/{older}", {"text": "edited"})],
        "messages.delete": [
            (f"{messages}/{older}", None),
            (f"{messages}/{newer}?forEveryone=false", None),
        ],
        "messages.search": [("/v1/messages/search", None), ("/v1/messages/search?query=?", None)],
        "accounts.list": [("/v1/accounts", None)],
        "accounts.retrieve": [(account, None)],
        "accounts.contacts.list": [(f"{account}/contacts/list", None)],
        "accounts.contacts.search": [(f"{account}/contacts?query=greta", None)],
        "labels.list": [("/v1/labels", None)],
        "focus": [("/v1/focus", {"chatID": chat["id"], "draftText": "x"})],
        "search": [("/v1/search?query=fontoura", None)],
        "info.retrieve": [("/v1/info", None)],
        "assets.download": [
            ("/v1/assets/download", {"url": received}),
            ("/v1/assets/download", {"url": "mxc://nobody/nothing"}),
        ],
        "assets.upload_base64": [("/v1/assets/upload/base64", {"content": "R0lGODlhAQABAA=="})],
    }


async def test_every_answer_fits_the_reference(sim: Simulator, api: Api, mum: Json) -> None:
    requests = await calls(sim, api, mum)
    assert set(ENDPOINTS) - set(requests) == {SERVED, "assets.upload"}
    for name, wanted in requests.items():
        endpoint = ENDPOINTS[name]
        for path, body in wanted:
            status, answer = await api(endpoint["method"], path, body)
            assert status == endpoint["response"]["status"], f"{name}: {answer}"
            fits(answer, endpoint)
    for chat in sim.world.chats.values():
        _, page = await api("GET", f"/v1/chats/{chat['id']}/messages")
        check(page["items"], "array<ref:Message>", chat["title"])


async def test_an_upload_fits_the_reference(sim: Simulator) -> None:
    form = aiohttp.FormData()
    form.add_field("file", b"GIF89a\1\0\1\0", filename="a.gif")
    headers = {"Authorization": f"Bearer {sim.token}"}
    target = f"{sim.url}/v1/assets/upload"
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(target, data=form) as response,
    ):
        answer = await response.json()
    fits(answer, ENDPOINTS["assets.upload"])
    assert answer["width"] == 1


async def test_refusals_fit_the_reference(sim: Simulator, api: Api, mum: Json) -> None:
    message = f"/v1/chats/{mum['id']}/messages/{sim.world.messages[mum['id']][0]['id']}"
    for method, path, body, expected in (
        ("PUT", message, {"text": ""}, 400),
        ("PUT", message, {"text": "not mine"}, 400),
        ("DELETE", message + "?forEveryone=x", None, 400),
        ("GET", "/v1/messages/search?limit=99&mediaTypes=x", None, 400),
        ("GET", "/v1/search", None, 400),
        ("GET", "/v1/accounts/nope", None, 404),
        ("POST", "/v1/focus", {"chatID": "nope"}, 404),
        ("POST", "/v1/assets/upload/base64", {"content": "!"}, 400),
        ("POST", "/v1/assets/upload", None, 400),
        ("GET", f"/v1/assets/serve?url={quote('mxc://a/b')}", None, 404),
    ):
        status, answer = await api(method, path, body)
        assert status == expected, path
        check_error(status, answer, path)


@pytest.mark.parametrize("name", sorted(ENDPOINTS))
async def test_an_endpoint_is_as_old_as_the_reference_says(
    sim: Simulator, api: Api, name: str
) -> None:
    endpoint = ENDPOINTS[name]
    since = endpoint["since"] or "4.3.1"
    major, minor, patch = (int(part) for part in since.split("."))
    before = f"{major}.{minor}.{patch - 1}" if patch else f"{major}.{minor - 1}.999"
    for version, exists in ((before, False), (since, True)):
        sim.app_version = version
        # Without its parameters a call fails in another way than one that does not exist.
        status, answer = await api(endpoint["method"], endpoint["path"])
        missing = status == 404 and answer["message"].startswith("Route ")
        assert missing is not exists, version


async def test_limits_are_those_of_the_reference(api: Api, mum: Json) -> None:
    account = mum["accountID"]
    for endpoint in ENDPOINTS.values():
        path = endpoint["path"].replace("{accountID}", account).replace("{chatID}", mum["id"])
        for parameter in endpoint["query_params"]:
            if "max" not in parameter:
                continue
            low, high = parameter["min"], parameter["max"]
            expected = {low - 1: 400, low: 200, high: 200, high + 1: 400}
            for value, status in expected.items():
                found, _ = await api("GET", f"{path}?{parameter['wire']}={value}")
                assert found == status, f"{path} {parameter['wire']}={value}"
