"""Signing in to the app itself, and its recovery key."""

from __future__ import annotations

import re
from typing import Any

import pytest

from beeper_async.testing import EMAIL, RECOVERY_KEY, SIGN_IN_CODE, Simulator

from ..wire_check import Api, checked, issues

pytestmark = pytest.mark.asyncio

Json = dict[str, Any]
SETUP = "/v1/app/setup"
KEY = f"{SETUP}/verification/recovery-key"


@pytest.fixture
def wire(api: Api) -> Api:
    return checked(api)


@pytest.fixture
def fresh(sim: Simulator) -> Simulator:
    """Nobody is signed in."""
    sim.world.setup.reset()
    return sim


async def state(wire: Api) -> str:
    status, snapshot = await wire("GET", SETUP)
    assert status == 200
    return str(snapshot["state"])


async def begin(wire: Api, email: str = EMAIL) -> str:
    """Get to where the code is expected, without a token."""
    status, started = await wire("POST", f"{SETUP}/start", token="none")
    assert status == 200
    assert started["signInMethods"] == ["email"]
    request = str(started["setupRequestID"])
    body = {"email": email, "setupRequestID": request}
    assert await wire("POST", f"{SETUP}/email", body, token="none") == (204, None)
    return request


async def answer(wire: Api, request: str, code: str = SIGN_IN_CODE) -> tuple[int, Any]:
    body = {"response": code, "setupRequestID": request}
    return await wire("POST", f"{SETUP}/response", body, token="none")


async def test_the_demo_is_ready(sim: Simulator, wire: Api) -> None:
    status, snapshot = await wire("GET", SETUP)
    assert status == 200
    assert snapshot["state"] == "ready"
    assert snapshot["matrix"]["userID"] == "@noor:beeper.com"
    assert all(snapshot["e2ee"]["secrets"].values())
    assert snapshot["e2ee"]["recoveryKeyGeneratedAt"] == sim.world.clock.start.timestamp()
    assert "verification" not in snapshot


async def test_signed_out(fresh: Simulator, wire: Api) -> None:
    _, snapshot = await wire("GET", SETUP)
    assert snapshot["state"] == "needs-login"
    assert set(snapshot) == {"state", "e2ee"}
    secrets = snapshot["e2ee"].pop("secrets")
    assert not any(secrets.values())
    assert not any(snapshot["e2ee"].values())
    for method, path, body in (
        ("POST", KEY, {"recoveryKey": RECOVERY_KEY}),
        ("POST", f"{KEY}/reset", {}),
        ("POST", f"{KEY}/reset/confirm", {"recoveryKey": RECOVERY_KEY}),
        ("POST", f"{SETUP}/verifications", {}),
        ("GET", f"{SETUP}/verifications", None),
        ("POST", f"{SETUP}/verifications/qr/scan", {"data": "x"}),
        ("POST", f"{SETUP}/verifications/ver_1/cancel", {}),
    ):
        status, error = await wire(method, path, body)
        assert (status, error["details"]) == (409, {"state": "needs-login"}), path


async def test_signing_in_and_unlocking(fresh: Simulator, wire: Api) -> None:
    request = await begin(wire)
    assert fresh.world.setup.codes_sent == [EMAIL]
    status, complete = await answer(wire, request)
    assert status == 200
    assert complete["session"]["state"] == "initializing"
    assert complete["matrix"]["accessToken"]
    shown = {name: value for name, value in complete["matrix"].items() if name != "accessToken"}
    _, snapshot = await wire("GET", SETUP)
    assert snapshot["state"] == "needs-verification"
    assert snapshot["matrix"] == shown
    assert snapshot["e2ee"]["initialized"] is True
    assert snapshot["e2ee"]["verified"] is False
    assert issues(await wire("POST", KEY, {"recoveryKey": "EsTx"})) == (422, [("recoveryKey",)])
    assert await state(wire) == "needs-verification"
    status, unlocked = await wire("POST", KEY, {"recoveryKey": RECOVERY_KEY})
    assert (status, unlocked["session"]["state"]) == (200, "ready")
    assert unlocked["session"] == (await wire("GET", SETUP))[1]
    # The same check again changes nothing; spaces do not count.
    again = {"recoveryKey": RECOVERY_KEY.replace(" ", "")}
    assert await wire("POST", KEY, again) == (200, unlocked)


async def test_a_code_is_good_once(fresh: Simulator, wire: Api) -> None:
    request = await begin(wire)
    for code in ("000000", ""):
        assert issues(await answer(wire, request, code)) == (422, [("response",)])
    assert await state(wire) == "needs-login"
    assert (await answer(wire, request))[0] == 200
    assert (await answer(wire, request))[0] == 409
    fresh.world.setup.reset()
    assert (await answer(wire, request))[0] == 404


async def test_a_code_needs_an_address(fresh: Simulator, wire: Api) -> None:
    _, started = await wire("POST", f"{SETUP}/start")
    assert (await answer(wire, started["setupRequestID"]))[0] == 409
    assert (await answer(wire, "sr_none"))[0] == 404
    body = {"email": EMAIL, "setupRequestID": "sr_none"}
    status, error = await wire("POST", f"{SETUP}/email", body)
    assert (status, error["details"]) == (404, {"setupRequestID": "sr_none"})
    assert fresh.world.setup.codes_sent == []


async def test_nobody_signs_in_twice(sim: Simulator, wire: Api) -> None:
    assert (await wire("POST", f"{SETUP}/start"))[0] == 409
    body = {"email": EMAIL, "setupRequestID": "sr_1"}
    assert (await wire("POST", f"{SETUP}/email", body))[0] == 409


@pytest.mark.parametrize(
    ("path", "required"),
    [
        (f"{SETUP}/email", ["email", "setupRequestID"]),
        (f"{SETUP}/response", ["response", "setupRequestID"]),
        (f"{SETUP}/register", ["acceptTerms", "leadToken", "setupRequestID", "username"]),
        (KEY, ["recoveryKey"]),
        (f"{KEY}/reset/confirm", ["recoveryKey"]),
    ],
)
async def test_required_values(fresh: Simulator, wire: Api, path: str, required: list[str]) -> None:
    names = [(name,) for name in required]
    assert issues(await wire("POST", path, {})) == (400, names)
    assert issues(await wire("POST", path, dict.fromkeys(required, 1))) == (400, names)
    assert issues(await wire("POST", path, dict.fromkeys(required))) == (400, names)


async def test_other_malformed_values(fresh: Simulator, wire: Api) -> None:
    body: Json = {"email": "noor", "setupRequestID": "x"}
    assert issues(await wire("POST", f"{SETUP}/email", body)) == (400, [("email",)])
    body = {"acceptTerms": False, "leadToken": "x", "setupRequestID": "x", "username": "x"}
    assert issues(await wire("POST", f"{SETUP}/register", body)) == (400, [("acceptTerms",)])
    body = {"existingRecoveryKey": 5}
    answered = await wire("POST", f"{KEY}/reset", body)
    assert issues(answered) == (400, [("existingRecoveryKey",)])


# -- new accounts ---------------------------------------------------------------------------


async def register(wire: Api, email: str = "mira@example.com") -> tuple[Json, Json]:
    """Get to where a new address has to register; gives the right body and the answer."""
    status, lead = await answer(wire, await begin(wire, email))
    assert status == 200
    assert lead["registrationRequired"] is True
    return {
        "acceptTerms": True,
        "leadToken": lead["leadToken"],
        "setupRequestID": lead["setupRequestID"],
        "username": lead["usernameSuggestions"][0],
    }, lead


async def test_registering(fresh: Simulator, wire: Api) -> None:
    body, _ = await register(wire)
    assert await state(wire) == "needs-login"
    path = f"{SETUP}/register"
    assert issues(await wire("POST", path, body | {"leadToken": "x"})) == (422, [("leadToken",)])
    for name in ("noor", "Mira O", ""):
        answered = await wire("POST", path, body | {"username": name})
        assert issues(answered) == (422, [("username",)])
    assert (await wire("POST", path, body | {"setupRequestID": "x"}))[0] == 404
    status, complete = await wire("POST", path, body, token="none")
    assert status == 200
    assert complete["matrix"]["userID"] == "@mira:beeper.com"
    assert complete["session"]["state"] == "needs-cross-signing-setup"
    assert await state(wire) == "needs-cross-signing-setup"
    assert (await wire("POST", path, body))[0] == 409
    # There is no other device to verify with and no key yet.
    assert (await wire("POST", f"{SETUP}/verifications", {}))[0] == 409
    assert (await wire("POST", KEY, {"recoveryKey": RECOVERY_KEY}))[0] == 422


async def test_the_first_key_of_a_new_account(fresh: Simulator, wire: Api) -> None:
    body, _ = await register(wire)
    await wire("POST", f"{SETUP}/register", body)
    status, made = await wire("POST", f"{KEY}/reset", {})
    assert (status, made["session"]["state"]) == (200, "needs-secrets")
    confirmed = await wire("POST", f"{KEY}/reset/confirm", {"recoveryKey": made["recoveryKey"]})
    assert confirmed[1]["session"]["state"] == "ready"
    fresh.world.setup.reset()
    # The address is known now, and so is its key.
    status, complete = await answer(wire, await begin(wire, "MIRA@example.com"))
    assert complete["matrix"]["userID"] == "@mira:beeper.com"
    assert await state(wire) == "needs-verification"
    _, unlocked = await wire("POST", KEY, {"recoveryKey": made["recoveryKey"]})
    assert unlocked["session"]["state"] == "ready"


async def test_registering_needs_a_right_code(fresh: Simulator, wire: Api) -> None:
    request = await begin(wire, "mira@example.com")
    body = {"acceptTerms": True, "leadToken": "x", "setupRequestID": request, "username": "mira"}
    assert (await wire("POST", f"{SETUP}/register", body))[0] == 409
    assert (await answer(wire, request))[0] == 200
    # The code is used up; a new one can be sent.
    assert (await answer(wire, request))[0] == 409
    body = {"email": EMAIL, "setupRequestID": request}
    assert (await wire("POST", f"{SETUP}/email", body))[0] == 204
    assert (await answer(wire, request))[1]["matrix"]["userID"] == "@noor:beeper.com"


# -- the recovery key -----------------------------------------------------------------------


async def test_a_new_recovery_key(sim: Simulator, wire: Api) -> None:
    confirm = f"{KEY}/reset/confirm"
    assert (await wire("POST", confirm, {"recoveryKey": RECOVERY_KEY}))[0] == 409
    wrong = {"existingRecoveryKey": "wrong"}
    answered = await wire("POST", f"{KEY}/reset", wrong)
    assert issues(answered) == (422, [("existingRecoveryKey",)])
    assert await state(wire) == "ready"
    _, before = await wire("GET", SETUP)
    _, made = await wire("POST", f"{KEY}/reset", {"existingRecoveryKey": RECOVERY_KEY})
    new = made["recoveryKey"]
    assert made["session"]["state"] == "needs-secrets"
    assert made["session"]["e2ee"]["hasBackedUpRecoveryKey"] is False
    later = made["session"]["e2ee"]["recoveryKeyGeneratedAt"]
    assert later > before["e2ee"]["recoveryKeyGeneratedAt"]
    # Until it is confirmed, the old key counts.
    assert (await wire("POST", KEY, {"recoveryKey": new}))[0] == 422
    assert (await wire("POST", KEY, {"recoveryKey": RECOVERY_KEY}))[0] == 200
    answered = await wire("POST", confirm, {"recoveryKey": RECOVERY_KEY})
    assert issues(answered) == (422, [("recoveryKey",)])
    status, confirmed = await wire("POST", confirm, {"recoveryKey": new})
    assert (status, confirmed["session"]["state"]) == (200, "ready")
    assert confirmed["session"]["e2ee"]["hasBackedUpRecoveryKey"] is True
    assert (await wire("POST", confirm, {"recoveryKey": new}))[0] == 409
    assert (await wire("POST", KEY, {"recoveryKey": RECOVERY_KEY}))[0] == 422
    assert (await wire("POST", KEY, {"recoveryKey": new}))[0] == 200


async def test_each_new_key_is_another_one(sim: Simulator, wire: Api) -> None:
    keys = [(await wire("POST", f"{KEY}/reset"))[1]["recoveryKey"] for _ in range(3)]
    assert len({*keys, RECOVERY_KEY}) == 4
    for key in (*keys, RECOVERY_KEY):
        assert re.fullmatch("EsT[A-Za-z0-9](?: [A-Za-z0-9]{4}){11}", key), key
    confirm = f"{KEY}/reset/confirm"
    assert (await wire("POST", confirm, {"recoveryKey": keys[0]}))[0] == 422
    assert (await wire("POST", confirm, {"recoveryKey": keys[2]}))[0] == 200


async def test_a_lost_key_can_be_replaced(sim: Simulator, wire: Api) -> None:
    sim.world.setup.sign_in()
    assert await state(wire) == "needs-verification"
    _, made = await wire("POST", f"{KEY}/reset", {})
    body = {"recoveryKey": made["recoveryKey"]}
    assert (await wire("POST", f"{KEY}/reset/confirm", body))[1]["session"]["state"] == "ready"


async def test_the_first_sync_takes_its_time(sim: Simulator, wire: Api) -> None:
    sim.world.setup.sync_polls = 2
    sim.world.setup.sign_in()
    _, unlocked = await wire("POST", KEY, {"recoveryKey": RECOVERY_KEY})
    assert unlocked["session"]["state"] == "needs-first-sync"
    assert unlocked["session"]["e2ee"]["firstSyncDone"] is False
    seen = [await state(wire) for _ in range(4)]
    assert seen == ["needs-first-sync", "needs-first-sync", "ready", "ready"]


async def test_each_sign_in_is_another_device(sim: Simulator, wire: Api) -> None:
    first = sim.world.setup.sign_in()
    second = sim.world.setup.sign_in()
    assert first["deviceID"] != second["deviceID"]
    assert first["accessToken"] != second["accessToken"]
    assert (await wire("GET", SETUP))[1]["matrix"]["deviceID"] == second["deviceID"]
