"""Signing in to a network, flow by flow."""

from __future__ import annotations

from typing import Any

import pytest

from beeper_async.testing import (
    EXPIRED_COOKIE,
    LOGIN_CODE,
    TWO_STEP_PASSWORD,
    TWO_STEP_PHONE,
    Simulator,
)

from ..wire_check import Api, checked, issues
from .login_walk import PHONE, Walk

pytestmark = pytest.mark.asyncio

Json = dict[str, Any]


@pytest.fixture
def wire(api: Api) -> Api:
    return checked(api)


# -- the flows ------------------------------------------------------------------------------


async def test_phone_and_code(sim: Simulator, wire: Api) -> None:
    walk = Walk(wire, "local-telegram")
    session = await walk.start()
    assert session["status"] == "waiting_for_input"
    assert session["currentStep"]["stepID"] == "telegram.phone"
    assert [field["id"] for field in session["currentStep"]["fields"]] == ["phone", "alias"]
    assert not {"account", "accountID", "login", "loginID", "error"} & set(session)
    session = await walk.submit(phone=PHONE)
    assert session["status"] == "waiting_for_input"
    assert session["currentStep"]["stepID"] == "telegram.code"
    assert session == await walk.look()
    session = await walk.submit(code=LOGIN_CODE)
    assert session["status"] == "complete"
    assert "currentStep" not in session
    account = session["account"]
    assert account == sim.world.accounts[session["accountID"]]
    assert account["user"]["phoneNumber"] == PHONE
    assert account["network"] == "Telegram"
    _, logins = await wire("GET", "/v1/bridges/local-telegram/logins")
    assert session["login"] in logins["items"]
    assert session["login"]["accountIDs"] == [session["accountID"]]
    _, bridge = await wire("GET", "/v1/bridges/local-telegram")
    assert bridge["activeAccountCount"] == 2
    assert bridge["statusText"] == "2 accounts"
    assert session == await walk.look()


async def test_a_new_account_can_be_used(sim: Simulator, wire: Api) -> None:
    walk = Walk(wire, "local-telegram")
    await walk.start()
    await walk.submit(phone=PHONE)
    session = await walk.submit(code=LOGIN_CODE)
    user = {"username": "somebody"}
    body = {"accountID": session["accountID"], "user": user, "messageText": "hi"}
    status, chat = await wire("POST", "/v1/chats/start", body)
    assert status == 200
    path = f"{walk.path}/logins/{session['loginID']}/remove"
    _, removed = await wire("POST", path, {"scope": "all-devices"})
    assert removed["affectedAccountIDs"] == [session["accountID"]]
    assert chat["id"] not in sim.world.chats
    # The session remembers what came of it, but the account is gone.
    assert "account" not in await walk.look()


async def test_a_password_is_asked_for(wire: Api) -> None:
    walk = Walk(wire, "local-telegram")
    await walk.start(flowID="phone")
    await walk.submit(phone=TWO_STEP_PHONE)
    session = await walk.submit(code=LOGIN_CODE)
    assert session["currentStep"]["stepID"] == "telegram.password"
    session = await walk.submit(password=TWO_STEP_PASSWORD)
    assert session["status"] == "complete"
    await walk.start()
    await walk.submit(phone=TWO_STEP_PHONE)
    await walk.submit(code=LOGIN_CODE)
    session = await walk.submit(password="wrong")
    assert session["status"] == "failed"
    assert session["error"]["code"] == "WRONG_PASSWORD"


async def test_a_wrong_code_fails_the_session(sim: Simulator, wire: Api) -> None:
    walk = Walk(wire, "local-telegram")
    await walk.start()
    await walk.submit(phone=PHONE)
    session = await walk.submit(code="11111")
    assert session["status"] == "failed"
    assert session["error"] == {
        "code": "WRONG_CODE",
        "message": "The code is wrong",
        "details": {"attempts": 1},
    }
    assert "currentStep" not in session
    assert len(sim.world.logins.accounts("local-telegram")) == 1
    assert session == await walk.look()
    status, _ = await walk.send({"type": "user_input", "fields": {}}, "telegram.code")
    assert status == 409


async def test_a_code_to_type_on_the_phone(wire: Api) -> None:
    walk = Walk(wire, "local-whatsapp")
    await walk.start(flowID="phone")
    session = await walk.submit(phone=PHONE, alias="")
    assert session["status"] == "waiting_for_display"
    assert session["currentStep"]["display"] == {"type": "code", "data": "FERN-1234"}
    assert (await walk.look())["status"] == "waiting_for_display"
    session = await walk.look()
    assert session["status"] == "complete"
    assert session["account"]["user"]["phoneNumber"] == PHONE


async def test_a_qr_code_changes_until_it_is_scanned(sim: Simulator, wire: Api) -> None:
    sim.world.login_sessions.polls_before_scan = 3
    walk = Walk(wire, "local-whatsapp")
    session = await walk.start()
    assert session["currentStep"]["display"]["type"] == "qr"
    shown = [session["currentStep"]["display"]["data"]]
    while "currentStep" in await walk.look():
        shown.append(walk.session["currentStep"]["display"]["data"])
    assert len(shown) == len(set(shown)) == 4
    assert walk.session["status"] == "complete"


async def test_nobody_scans_until_the_test_does(sim: Simulator, wire: Api) -> None:
    del sim.world.accounts["local-signal_ba_Jm55tC"]
    sessions = sim.world.login_sessions
    sessions.polls_before_scan = None
    walk = Walk(wire, "local-signal")
    session = await walk.start()
    for _ in range(5):
        assert await walk.look() == session
        assert await walk.submit("display_and_wait") == session
    sessions.scan(session["loginSessionID"])
    session = await walk.look()
    assert session["status"] == "waiting_for_display"
    assert session["currentStep"]["display"] == {"type": "nothing"}
    sessions.scan(session["loginSessionID"])
    assert (await walk.look())["status"] == "complete"
    with pytest.raises(ValueError, match="nothing"):
        sessions.scan(session["loginSessionID"])


async def test_each_display_step_waits_anew(sim: Simulator, wire: Api) -> None:
    del sim.world.accounts["local-signal_ba_Jm55tC"]
    walk = Walk(wire, "local-signal")
    await walk.start()
    shown: list[str] = []
    while "currentStep" in await walk.look():
        shown.append(walk.session["currentStep"]["display"]["type"])
    assert shown == ["qr", "nothing", "nothing"]


async def test_submitting_a_display_step_is_a_look_too(wire: Api) -> None:
    walk = Walk(wire, "discordgo")
    await walk.start(flowID="qr")
    status, session = await walk.send({"type": "display_and_wait"})
    assert (status, session["status"]) == (200, "waiting_for_display")
    assert (await walk.submit("display_and_wait"))["status"] == "complete"


async def test_cookies_and_an_emoji(wire: Api) -> None:
    walk = Walk(wire, "gmessages")
    session = await walk.start()
    assert session["status"] == "waiting_for_cookies"
    step = session["currentStep"]
    assert [field["type"] for field in step["fields"]] == ["cookie", "header"]
    body: Json = {
        "type": "cookies",
        "fields": {"token": "abc", "authorization": "Bearer abc", "other": "ignored"},
        "lastURL": "https://google.invalid/messages/1",
        "source": "webview",
    }
    status, session = await walk.send(body)
    assert status == 200
    assert session["currentStep"]["display"]["type"] == "emoji"
    assert session["currentStep"]["display"]["imageURL"].startswith("mxc://")
    await walk.look()
    session = await walk.look()
    assert session["status"] == "complete"
    assert session["accountID"] == f"gmessages.{session['loginID']}"


async def test_expired_cookies_fail_the_session(wire: Api) -> None:
    walk = Walk(wire, "slackgo")
    await walk.start()
    session = await walk.submit("cookies", token="abc", d=EXPIRED_COOKIE)
    assert session["error"]["code"] == "BAD_COOKIES"
    # The same word is harmless elsewhere.
    walk = Walk(wire, "local-telegram")
    await walk.start()
    assert (await walk.submit(phone=PHONE, alias=EXPIRED_COOKIE))["status"] == "waiting_for_input"


async def test_the_last_step_can_be_shown(sim: Simulator, wire: Api) -> None:
    sim.world.login_sessions.show_complete_step = True
    walk = Walk(wire, "discordgo")
    await walk.start()
    session = await walk.submit("cookies", token="abc")
    assert session["currentStep"]["type"] == "complete"
    assert session["currentStep"]["account"] == session["account"]
    assert session["currentStep"]["login"] == session["login"]


# -- reconnecting ---------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["accountID", "loginID"])
async def test_reconnecting(sim: Simulator, wire: Api, by: str) -> None:
    (account,) = sim.world.logins.accounts("discordgo")
    assert account["status"] == "reconnect_required"
    walk = Walk(wire, "discordgo")
    session = await walk.start(**{by: account[by]})
    assert session["accountID"] == account["accountID"]
    assert session["loginID"] == account["loginID"]
    session = await walk.submit("cookies", token="abc")
    assert session["status"] == "complete"
    assert sim.world.logins.accounts("discordgo") == [account]
    assert (account["status"], account["statusText"]) == ("connected", "Connected")
    assert session["login"]["status"] == "connected"


async def test_reconnecting_a_login_without_account(sim: Simulator, wire: Api) -> None:
    walk = Walk(wire, "local-whatsapp")
    session = await walk.start(loginID="ba_Old9tR")
    assert "accountID" not in session
    await walk.look()
    session = await walk.look()
    assert session["loginID"] == "ba_Old9tR"
    assert session["accountID"] == "local-whatsapp_ba_Old9tR"
    _, logins = await wire("GET", f"{walk.path}/logins")
    assert [one["status"] for one in logins["items"]] == ["connected", "connected"]


async def test_signing_in_with_a_connected_number_makes_no_second_account(
    sim: Simulator, wire: Api
) -> None:
    (account,) = sim.world.logins.accounts("local-whatsapp")
    account["status"] = "disconnected"
    walk = Walk(wire, "local-whatsapp")
    await walk.start(flowID="phone")
    await walk.submit(phone=account["user"]["phoneNumber"])
    await walk.look()
    assert (await walk.look())["accountID"] == account["accountID"]
    assert sim.world.logins.accounts("local-whatsapp") == [account]
    assert account["status"] == "connected"


async def test_a_known_number_is_filled_in(wire: Api) -> None:
    walk = Walk(wire, "local-whatsapp")
    session = await walk.start(loginID="ba_Vd83kQ", flowID="phone")
    assert session["currentStep"]["fields"][0]["initialValue"] == "+14155550100"
    session = await walk.start(flowID="phone")
    assert "initialValue" not in session["currentStep"]["fields"][0]


async def test_what_cannot_be_reconnected(wire: Api) -> None:
    path = "/v1/bridges/discordgo/login-sessions"
    for body in (
        {"accountID": "nope"},
        {"accountID": "local-whatsapp_ba_Vd83kQ"},
        {"loginID": "nope"},
        {"loginID": "ba_Vd83kQ"},
    ):
        assert (await wire("POST", path, body))[0] == 404
    body = {"accountID": "local-whatsapp_ba_Vd83kQ", "loginID": "ba_Old9tR"}
    answer = await wire("POST", "/v1/bridges/local-whatsapp/login-sessions", body)
    assert issues(answer) == (422, [("loginID",)])
