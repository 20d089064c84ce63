"""Accounts, labels, contacts and the focus of the window."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import pytest

from beeper_async.testing import Simulator

pytestmark = pytest.mark.asyncio

Api = Callable[..., Awaitable[tuple[int, Any]]]
Json = dict[str, Any]

WHATSAPP = "/v1/accounts/local-whatsapp_ba_Vd83kQ"
DISCORD = "/v1/accounts/discordgo"


def names(page: Json) -> list[str]:
    return [person.get("fullName", "") for person in page["items"]]


async def test_accounts(sim: Simulator, api: Api) -> None:
    status, accounts = await api("GET", "/v1/accounts")
    assert status == 200
    assert [one["accountID"] for one in accounts] == list(sim.world.accounts)
    for one in accounts:
        assert await api("GET", f"/v1/accounts/{one['accountID']}") == (200, one)
    status, error = await api("GET", "/v1/accounts/nope")
    assert (status, error["details"]) == (404, {"accountID": "nope"})
    sim.scopes = ("write",)
    assert (await api("GET", "/v1/accounts"))[0] == 403


async def test_old_apps_tell_less_about_accounts(sim: Simulator, api: Api) -> None:
    for version, expected in (
        ("4.2.784", {"accountID", "user"}),
        ("4.2.785", {"accountID", "user", "bridge"}),
        ("4.2.808", {"accountID", "user", "bridge", "network"}),
    ):
        sim.app_version = version
        _, accounts = await api("GET", "/v1/accounts")
        assert set().union(*accounts) == expected, version
        assert (await api("GET", WHATSAPP))[0] == 404
    sim.app_version = "4.3.0"
    assert (await api("GET", WHATSAPP))[1]["status"] == "connected"


async def test_labels(sim: Simulator, api: Api) -> None:
    _, labels = await api("GET", "/v1/labels")
    assert {"id": "lbl_trip", "name": "Lisbon trip"} in labels
    assert len(labels) == 3
    _, page = await api("GET", f"/v1/chats/search?labelID={labels[0]['id']}")
    assert page["items"][0]["labels"] == [labels[0]]
    sim.app_version = "4.3.0"
    assert (await api("GET", "/v1/labels"))[0] == 404


async def test_contacts_are_paged(sim: Simulator, api: Api) -> None:
    found: list[Json] = []
    cursor = ""
    while True:
        _, page = await api("GET", f"{DISCORD}/contacts/list?limit=60{cursor}")
        found += page["items"]
        if not page["hasMore"]:
            break
        cursor = f"&cursor={quote(page['oldestCursor'])}"
    people = {person["id"] for person in sim.world.contacts("discordgo")}
    assert [person["id"] for person in found] == list(dict.fromkeys(p["id"] for p in found))
    assert {person["id"] for person in found} == people
    _, first = await api("GET", f"{DISCORD}/contacts/list")
    assert len(first["items"]) == 50
    after = f"{DISCORD}/contacts/list?cursor={quote(first['oldestCursor'])}&direction=after"
    assert names((await api("GET", after))[1]) == names(first)[:-1]


async def test_contacts_can_be_filtered(api: Api) -> None:
    _, page = await api("GET", f"{WHATSAPP}/contacts/list?query=haldane+GRETA")
    assert names(page) == ["Greta Haldane"]
    assert "isAdmin" not in page["items"][0]
    _, page = await api("GET", "/v1/accounts/local-telegram_ba_Xr20pL/contacts/list")
    assert "Telegram bridge bot" not in names(page)
    assert not any("isPending" in person for person in page["items"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{WHATSAPP}/contacts/list?limit=0", 400),
        (f"{WHATSAPP}/contacts/list?limit=201", 400),
        (f"{WHATSAPP}/contacts/list?query=", 400),
        (f"{WHATSAPP}/contacts/list?cursor=x", 400),
        (f"{WHATSAPP}/contacts/list?direction=x", 400),
        (f"{WHATSAPP}/contacts", 400),
        (f"{WHATSAPP}/contacts?query=", 400),
        ("/v1/accounts/nope/contacts?query=x", 404),
        ("/v1/accounts/nope/contacts/list", 404),
    ],
)
async def test_refused_contacts(api: Api, path: str, status: int) -> None:
    assert (await api("GET", path))[0] == status


async def test_contact_search(api: Api) -> None:
    for query, expected in (
        ("haldane", ["Greta Haldane"]),
        ("+44 7700 900111", ["Greta Haldane"]),
        ("nobody", []),
        ("Ilse", []),
        ("+447700900777", ["Ilse Brandt"]),
        ("+44 7700 900-777", ["Ilse Brandt"]),
        ("+4477009007", []),
    ):
        status, found = await api("GET", f"{WHATSAPP}/contacts?query={quote(query)}")
        assert status == 200
        assert set(found) == {"items"}
        assert names(found) == expected, query
    telegram = "/v1/accounts/local-telegram_ba_Xr20pL/contacts?query="
    assert names((await api("GET", telegram + "%40OMAR_D"))[1]) == ["Omar Delacroix"]


async def test_the_contact_list_came_with_4_2_557(sim: Simulator, api: Api) -> None:
    sim.app_version = "4.2.556"
    assert (await api("GET", f"{WHATSAPP}/contacts/list"))[0] == 404
    assert (await api("GET", f"{WHATSAPP}/contacts?query=greta"))[0] == 200
    sim.app_version = "4.2.557"
    assert (await api("GET", f"{WHATSAPP}/contacts/list"))[0] == 200


async def test_focus(sim: Simulator, api: Api, mum: Json) -> None:
    assert await api("POST", "/v1/focus") == (200, {"success": True})
    message = sim.world.messages[mum["id"]][0]["id"]
    body = {"chatID": mum["localChatID"], "messageID": message, "draftText": "hello"}
    body["draftAttachmentPath"] = "/home/noor/cat.png"
    assert await api("POST", "/v1/focus", body) == (200, {"success": True})
    assert sim.world.focused == [{}, body]
    _, chat = await api("GET", f"/v1/chats/{mum['id']}")
    assert chat["draft"]["text"] == "hello"
    (part,) = chat["draft"]["attachments"].values()
    assert part["filePath"] == "/home/noor/cat.png"
    assert part["fileName"] == "cat.png"
    await api("POST", "/v1/focus", {"chatID": mum["id"]})
    assert (await api("GET", f"/v1/chats/{mum['id']}"))[1]["draft"] == chat["draft"]


async def test_refused_focus(sim: Simulator, api: Api, mum: Json) -> None:
    assert (await api("POST", "/v1/focus", {"chatID": "nope"}))[0] == 404
    assert (await api("POST", "/v1/focus", {"chatID": mum["id"], "messageID": "nope"}))[0] == 404
    assert (await api("POST", "/v1/focus", {"chatID": mum["id"], "draftText": 5}))[0] == 400
    sim.scopes = ("read",)
    assert (await api("POST", "/v1/focus", {}))[0] == 403
    assert sim.world.focused == []
    assert mum["draft"] is None
