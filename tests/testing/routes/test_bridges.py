"""Bridges and their logins."""

from __future__ import annotations

from typing import Any

import pytest

from beeper_async.testing import Simulator

from ..wire_check import Api, checked, issues

pytestmark = pytest.mark.asyncio

Json = dict[str, Any]
WHATSAPP = "/v1/bridges/local-whatsapp"
BRIDGES = (
    "local-whatsapp",
    "local-telegram",
    "local-signal",
    "local-imessage",
    "slackgo",
    "discordgo",
    "gmessages",
    "twitter",
)


@pytest.fixture
def wire(api: Api) -> Api:
    return checked(api)


async def test_all_bridges_are_listed(sim: Simulator, wire: Api) -> None:
    status, answer = await wire("GET", "/v1/bridges")
    assert status == 200
    assert tuple(one["id"] for one in answer["items"]) == BRIDGES
    found = {one["id"]: one for one in answer["items"]}
    assert found["local-whatsapp"]["status"] == "connected"
    assert found["local-whatsapp"]["statusText"] == "1 account"
    (account,) = found["local-whatsapp"]["accounts"]
    assert account == sim.world.accounts["local-whatsapp_ba_Vd83kQ"]
    # Connected once, but it has to sign in again, so nothing is active.
    assert len(found["discordgo"]["accounts"]) == 1
    assert found["discordgo"]["activeAccountCount"] == 0
    assert found["discordgo"]["status"] == "available"
    assert found["gmessages"]["accounts"] == []
    assert found["twitter"]["status"] == "temporarily_unavailable"
    assert found["twitter"]["statusText"] == "Try again later"
    for one in answer["items"]:
        assert await wire("GET", f"/v1/bridges/{one['id']}") == (200, one)


async def test_a_test_can_set_the_status(sim: Simulator, wire: Api) -> None:
    for status in ("limit_reached", "disabled"):
        sim.world.logins.statuses["gmessages"] = status
        assert (await wire("GET", "/v1/bridges/gmessages"))[1]["status"] == status


@pytest.mark.parametrize("bridge", BRIDGES)
async def test_everything_below_a_bridge(wire: Api, bridge: str) -> None:
    path = f"/v1/bridges/{bridge}"
    status, answer = await wire("GET", f"{path}/capabilities")
    assert status == 200
    assert answer["resolve_identifier"]["create_dm"] is True
    status, answer = await wire("GET", f"{path}/login-flows")
    assert status == 200
    assert bool(answer["items"]) == (bridge != "local-imessage")
    status, answer = await wire("GET", f"{path}/logins")
    assert status == 200
    for login in answer["items"]:
        assert login["bridgeID"] == bridge
        assert await wire("GET", f"{path}/logins/{login['loginID']}") == (200, login)


async def test_the_capabilities_differ(wire: Api) -> None:
    _, whatsapp = await wire("GET", f"{WHATSAPP}/capabilities")
    _, telegram = await wire("GET", "/v1/bridges/local-telegram/capabilities")
    assert whatsapp["resolve_identifier"]["any_phone"] is True
    assert telegram["resolve_identifier"]["any_phone"] is False
    settings = whatsapp["group_creation"]["group"]["disappear"]["settings"]
    assert settings["types"] == ["", "after_send"]
    assert set(telegram["group_creation"]) == {"supergroup", "channel"}


@pytest.mark.parametrize(
    "suffix", ["", "/capabilities", "/login-flows", "/logins", "/logins/x", "/login-sessions/x"]
)
async def test_an_unknown_bridge(wire: Api, suffix: str) -> None:
    status, error = await wire("GET", f"/v1/bridges/nope{suffix}")
    assert status == 404
    assert error["details"] == {"bridgeID": "nope"}
    assert issues(await wire("GET", f"/v1/bridges/a%20b{suffix}")) == (400, [("bridgeID",)])


async def test_logins_follow_their_accounts(sim: Simulator, wire: Api) -> None:
    account = sim.world.accounts["local-whatsapp_ba_Vd83kQ"]
    _, answer = await wire("GET", f"{WHATSAPP}/logins")
    login, old = answer["items"]
    assert login["loginID"] == account["loginID"] == "ba_Vd83kQ"
    assert login["accountIDs"] == [account["accountID"]]
    assert login["status"] == "connected"
    assert login["user"] == account["user"]
    assert (old["loginID"], old["status"]) == ("ba_Old9tR", "logged_out")
    assert "accountIDs" not in old
    account["status"] = "connection_required"
    assert (await wire("GET", f"{WHATSAPP}/logins/ba_Vd83kQ"))[1]["status"] == "needs_login"
    _, discord = await wire("GET", "/v1/bridges/discordgo/logins")
    assert [one["status"] for one in discord["items"]] == ["needs_login"]
    _, imessage = await wire("GET", "/v1/bridges/local-imessage/logins")
    assert imessage["items"] == []


async def test_an_unknown_login(wire: Api) -> None:
    # The login exists, but on another bridge.
    path = "/v1/bridges/local-signal/logins/ba_Vd83kQ"
    status, error = await wire("GET", path)
    assert status == 404
    assert error["details"] == {"bridgeID": "local-signal", "loginID": "ba_Vd83kQ"}
    assert (await wire("POST", f"{path}/remove", {"scope": "current-device"}))[0] == 404


async def test_removing_a_login_takes_its_accounts_and_chats(sim: Simulator, wire: Api) -> None:
    account_id = "local-whatsapp_ba_Vd83kQ"
    before = len(sim.world.chats)
    gone = [one for one in sim.world.chats.values() if one["accountID"] == account_id]
    path = f"{WHATSAPP}/logins/ba_Vd83kQ"
    assert await wire("POST", f"{path}/remove", {"scope": "all-devices"}) == (
        200,
        {
            "bridgeID": "local-whatsapp",
            "loginID": "ba_Vd83kQ",
            "scope": "all-devices",
            "status": "removed",
            "affectedAccountIDs": [account_id],
        },
    )
    assert account_id not in sim.world.accounts
    assert len(gone) > 3
    assert len(sim.world.chats) == before - len(gone)
    assert (await wire("GET", f"/v1/chats/{gone[0]['id']}"))[0] == 404
    assert (await wire("GET", f"/v1/chats/{gone[0]['localChatID']}"))[0] == 404
    assert (await wire("GET", path))[0] == 404
    assert (await wire("POST", f"{path}/remove", {"scope": "all-devices"}))[0] == 404
    assert (await wire("GET", WHATSAPP))[1]["status"] == "available"


@pytest.mark.parametrize(
    ("bridge", "login", "scope"),
    [("local-signal", "ba_Jm55tC", "current-device"), ("discordgo", None, "all-devices")],
)
async def test_a_merged_chat_goes_with_its_members(
    sim: Simulator, wire: Api, bridge: str, login: str | None, scope: str
) -> None:
    (merged,) = [one for one in sim.world.chats.values() if one.get("merge")]
    members = [sim.world.chats[one] for one in merged["merge"]["chatIDs"]]
    account_ids = {one["accountID"] for one in sim.world.logins.accounts(bridge)}
    (left,) = [one for one in members if one["accountID"] not in account_ids]
    path = f"/v1/bridges/{bridge}/logins"
    login = login or (await wire("GET", path))[1]["items"][0]["loginID"]
    assert (await wire("POST", f"{path}/{login}/remove", {"scope": scope}))[0] == 200
    assert merged["id"] not in sim.world.chats
    assert "mergedIntoChatID" not in left
    assert (await wire("POST", f"/v1/chats/{left['id']}/messages", {"text": "hi"}))[0] == 200


async def test_a_bigger_merged_chat_only_shrinks(sim: Simulator, wire: Api) -> None:
    (merged,) = [one for one in sim.world.chats.values() if one.get("merge")]
    third = next(one for one in sim.world.chats.values() if one["title"] == "Ruth Amsel")
    third["mergedIntoChatID"] = merged["id"]
    merged["merge"]["chatIDs"].append(third["id"])
    default = merged["merge"]["defaultChatID"]
    path = "/v1/bridges/local-signal/logins/ba_Jm55tC/remove"
    assert (await wire("POST", path, {"scope": "current-device"}))[0] == 200
    assert default not in merged["merge"]["chatIDs"]
    assert len(merged["merge"]["chatIDs"]) == 2
    assert "defaultChatID" not in merged["merge"]
    assert third["mergedIntoChatID"] == merged["id"]


async def test_the_scope_of_a_removal(sim: Simulator, wire: Api) -> None:
    path = f"{WHATSAPP}/logins/ba_Old9tR/remove"
    assert issues(await wire("POST", path, {})) == (400, [("scope",)])
    assert issues(await wire("POST", path, {"scope": "here"})) == (400, [("scope",)])
    assert issues(await wire("POST", path, {"scope": None})) == (400, [("scope",)])
    # Known, but not among the removeScopes of this login.
    assert issues(await wire("POST", path, {"scope": "all-devices"})) == (422, [("scope",)])
    status, answer = await wire("POST", path, {"scope": "current-device"})
    assert (status, answer["affectedAccountIDs"]) == (200, [])
    assert len((await wire("GET", f"{WHATSAPP}/logins"))[1]["items"]) == 1


async def test_generated_worlds_have_logins_too() -> None:
    world = Simulator(chats=3).world
    (login,) = world.logins.listed("local-telegram")
    assert login["accountIDs"] == ["local-telegram_ba_Xr20pL"]
    assert "loginID" not in world.accounts["matrix"]
