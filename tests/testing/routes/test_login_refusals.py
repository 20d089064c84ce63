"""Login sessions that are refused, given up, forgotten or unlucky."""

from __future__ import annotations

from typing import Any

import pytest

from beeper_async.testing import LOGIN_CODE, TWO_STEP_PHONE, Simulator

from ..wire_check import Api, checked, issues
from .login_walk import PHONE, Walk

pytestmark = pytest.mark.asyncio

Json = dict[str, Any]


@pytest.fixture
def wire(api: Api) -> Api:
    return checked(api)


async def test_the_body_of_create(wire: Api) -> None:
    path = "/v1/bridges/discordgo/login-sessions"
    empty = {"accountID": "", "flowID": "", "loginID": ""}
    names = [("accountID",), ("flowID",), ("loginID",)]
    assert issues(await wire("POST", path, empty)) == (400, names)
    assert issues(await wire("POST", path, dict.fromkeys(empty, 1))) == (400, names)
    assert issues(await wire("POST", path, {"flowID": "sms"})) == (422, [("flowID",)])
    assert (await wire("POST", path))[0] == 200


async def test_bridges_without_room(sim: Simulator, wire: Api) -> None:
    assert (await wire("POST", "/v1/bridges/twitter/login-sessions", {}))[0] == 409
    sim.world.logins.statuses["gmessages"] = "limit_reached"
    assert (await wire("POST", "/v1/bridges/gmessages/login-sessions", {}))[0] == 409
    # Signal takes one account, which may still be reconnected.
    path = "/v1/bridges/local-signal/login-sessions"
    assert (await wire("POST", path, {}))[0] == 409
    assert (await wire("POST", path, {"loginID": "ba_Jm55tC"}))[0] == 200
    status, error = await wire("POST", "/v1/bridges/local-imessage/login-sessions", {})
    assert (status, error["code"]) == (400, "NOT_SUPPORTED")


async def test_the_body_of_a_step(wire: Api) -> None:
    walk = Walk(wire, "local-telegram")
    await walk.start()
    assert issues(await walk.send({})) == (400, [("type",)])
    body: Json = {"type": "complete", "fields": [], "lastURL": 1, "source": "me"}
    names = [("type",), ("fields",), ("lastURL",), ("source",)]
    assert issues(await walk.send(body)) == (400, names)
    body = {"type": "user_input", "fields": {"phone": 1}}
    assert issues(await walk.send(body)) == (400, [("fields", "phone")])
    assert issues(await walk.send({"type": "cookies"})) == (422, [("type",)])
    assert issues(await walk.send({"type": "display_and_wait"})) == (422, [("type",)])
    missing = (422, [("fields", "phone")])
    assert issues(await walk.send({"type": "user_input"})) == missing
    for phone in ("", "415", "+1 415 555 0177"):
        body = {"type": "user_input", "fields": {"phone": phone}}
        assert issues(await walk.send(body)) == missing
    # None of that has moved or ended the session.
    assert (await walk.look())["currentStep"]["stepID"] == "telegram.phone"
    await walk.submit(phone=PHONE)
    body = {"type": "user_input", "fields": {"code": "2468"}}
    assert issues(await walk.send(body)) == (422, [("fields", "code")])
    assert (await walk.submit(code=LOGIN_CODE))["status"] == "complete"


async def test_the_body_of_a_cookies_step(wire: Api) -> None:
    walk = Walk(wire, "slackgo")
    await walk.start()
    body: Json = {"type": "cookies", "fields": {"d": "x"}, "lastURL": "https://slack.invalid/login"}
    assert issues(await walk.send(body)) == (422, [("fields", "token"), ("lastURL",)])


async def test_only_the_current_step_can_be_submitted(wire: Api) -> None:
    walk = Walk(wire, "local-telegram")
    await walk.start()
    body: Json = {"type": "user_input", "fields": {"phone": PHONE, "code": LOGIN_CODE}}
    for step in ("telegram.code", "nope"):
        status, error = await walk.send(body, step)
        assert status == 409
        assert error["details"] == {"stepID": step, "currentStepID": "telegram.phone"}
    await walk.submit(phone=PHONE)
    assert (await walk.send(body, "telegram.phone"))[0] == 409


async def test_cancelling(sim: Simulator, wire: Api) -> None:
    walk = Walk(wire, "local-telegram")
    session = await walk.start()
    expected = {
        "bridgeID": "local-telegram",
        "loginSessionID": session["loginSessionID"],
        "status": "cancelled",
    }
    assert await wire("DELETE", walk.here) == (200, expected)
    assert await walk.look() == expected
    assert (await wire("DELETE", walk.here))[0] == 409
    assert (await walk.send({"type": "user_input"}, "telegram.phone"))[0] == 409
    assert len(sim.world.logins.accounts("local-telegram")) == 1


async def test_unknown_and_expired_sessions(sim: Simulator, wire: Api) -> None:
    walk = Walk(wire, "local-telegram")
    session = await walk.start()
    elsewhere = walk.here.replace("local-telegram", "local-whatsapp")
    for path in (elsewhere, "/v1/bridges/local-telegram/login-sessions/nope"):
        assert (await wire("GET", path))[0] == 404
        assert (await wire("DELETE", path))[0] == 404
        assert (await wire("POST", f"{path}/steps/telegram.phone", {}))[0] == 404
    sim.world.login_sessions.expire(session["loginSessionID"])
    status, error = await wire("GET", walk.here)
    assert status == 404
    assert error["details"]["loginSessionID"] == session["loginSessionID"]


async def test_the_network_refuses(sim: Simulator, wire: Api) -> None:
    walk = Walk(wire, "local-whatsapp")
    session = await walk.start()
    session_id = session["loginSessionID"]
    sim.world.login_sessions.fail(session_id, "TIMEOUT", "Too late", {"attempts": 3})
    session = await walk.look()
    assert session["status"] == "failed"
    assert session["error"] == {
        "code": "TIMEOUT",
        "message": "Too late",
        "details": {"attempts": 3},
    }


async def test_sessions_do_not_share_steps(wire: Api) -> None:
    first, second = Walk(wire, "local-telegram"), Walk(wire, "local-telegram")
    await first.start()
    await second.start()
    assert first.here != second.here
    await first.submit(phone=TWO_STEP_PHONE)
    await first.submit(code=LOGIN_CODE)
    assert (await second.look())["currentStep"]["stepID"] == "telegram.phone"
    await second.submit(phone=PHONE)
    assert (await second.submit(code=LOGIN_CODE))["status"] == "complete"
