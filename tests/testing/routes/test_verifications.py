"""Verifying the app's device with another one."""

from __future__ import annotations

from typing import Any

import pytest

from beeper_async.testing import OTHER_QR, Simulator

from ..wire_check import Api, checked, issues

pytestmark = pytest.mark.asyncio

Json = dict[str, Any]
ALL = "/v1/app/setup/verifications"
ME = "@noor:beeper.com"
LOCKED = "needs-verification"


@pytest.fixture
def wire(api: Api) -> Api:
    return checked(api)


@pytest.fixture
def locked(sim: Simulator) -> Simulator:
    """Signed in, but not verified."""
    sim.world.setup.sign_in()
    return sim


async def create(wire: Api, body: Json | None = None) -> Json:
    status, answer = await wire("POST", ALL, {} if body is None else body)
    assert status == 200, answer
    assert answer["session"]["verification"] == answer["verification"]
    return dict(answer["verification"])


async def ready(wire: Api) -> str:
    """A verification the other device has accepted."""
    path = f"{ALL}/{(await create(wire))['id']}"
    assert (await wire("GET", path))[1]["verification"]["state"] == "ready"
    return path


async def test_creating(locked: Simulator, wire: Api) -> None:
    verification = await create(wire)
    assert verification["purpose"] == "login"
    assert verification["direction"] == "outgoing"
    assert verification["state"] == "requested"
    assert verification["availableActions"] == ["cancel"]
    assert verification["otherUserID"] == ME
    assert verification["otherDevice"]["id"]
    assert (await wire("POST", ALL, {}))[0] == 409


async def test_the_body_of_create(sim: Simulator, wire: Api) -> None:
    wrong = {"purpose": "fun", "userID": 5}
    assert issues(await wire("POST", ALL, wrong)) == (400, [("purpose",), ("userID",)])
    assert (await wire("GET", ALL))[1] == {"items": []}
    # A ready app has no login to verify, so the usual purpose is another one.
    assert (await create(wire))["purpose"] == "device"


async def test_emojis(locked: Simulator, wire: Api) -> None:
    path = await ready(wire)
    _, answer = await wire("GET", path)
    actions = answer["verification"]["availableActions"]
    assert actions == ["sas.start", "qr.confirmScanned", "cancel"]
    assert answer["verification"]["qr"]["data"]
    assert "sas" not in answer["verification"]
    status, answer = await wire("POST", f"{path}/sas/start")
    assert status == 200
    assert answer["verification"]["state"] == "sas_ready"
    assert answer["verification"]["availableActions"] == ["sas.confirm", "cancel"]
    assert set(answer["verification"]["sas"]) == {"emojis", "decimals"}
    assert answer["session"]["state"] == LOCKED
    status, answer = await wire("POST", f"{path}/sas/confirm")
    assert status == 200
    assert answer["verification"]["state"] == "done"
    assert answer["verification"]["availableActions"] == []
    assert not {"sas", "qr"} & set(answer["verification"])
    assert answer["session"]["state"] == "ready"
    assert "verification" not in answer["session"]
    assert (await wire("GET", "/v1/app/setup"))[1] == answer["session"]
    assert (await wire("GET", ALL))[1] == {"items": []}


async def test_the_code_shown_here_is_scanned(locked: Simulator, wire: Api) -> None:
    path = await ready(wire)
    locked.world.setup.verifications.other_scans(path.rpartition("/")[2])
    _, answer = await wire("GET", path)
    assert answer["verification"]["state"] == "qr_scanned"
    assert answer["verification"]["availableActions"] == ["qr.confirmScanned", "cancel"]
    status, answer = await wire("POST", f"{path}/qr/confirm-scanned")
    assert (status, answer["session"]["state"]) == (200, "ready")
    assert answer["verification"]["state"] == "done"


async def test_the_code_of_the_other_device_is_scanned(locked: Simulator, wire: Api) -> None:
    scan = f"{ALL}/qr/scan"
    assert (await wire("POST", scan, {"data": OTHER_QR}))[0] == 409
    verification = await create(wire)
    assert (await wire("POST", scan, {"data": OTHER_QR}))[0] == 409
    path = f"{ALL}/{verification['id']}"
    await wire("GET", path)
    assert issues(await wire("POST", scan, {})) == (400, [("data",)])
    assert issues(await wire("POST", scan, {"data": "x"})) == (422, [("data",)])
    status, answer = await wire("POST", scan, {"data": OTHER_QR})
    assert status == 200
    assert answer["verification"]["state"] == "qr_scanned"
    assert answer["verification"]["availableActions"] == ["cancel"]
    assert answer["session"]["state"] == LOCKED
    # Only the other side can confirm.
    assert (await wire("POST", f"{path}/qr/confirm-scanned"))[0] == 409
    _, answer = await wire("GET", path)
    assert (answer["verification"]["state"], answer["session"]["state"]) == ("done", "ready")


async def test_the_setup_and_the_list_show_progress_too(locked: Simulator, wire: Api) -> None:
    for path in ("/v1/app/setup", ALL):
        verification = await create(wire)
        _, answer = await wire("GET", path)
        shown = answer["items"][0] if path == ALL else answer["verification"]
        assert (shown["id"], shown["state"]) == (verification["id"], "ready")
        assert (await wire("POST", f"{ALL}/{verification['id']}/cancel", {}))[0] == 200


async def test_the_other_device_can_be_slow(locked: Simulator, wire: Api) -> None:
    verifications = locked.world.setup.verifications
    verifications.other_device_responds = False
    one = str((await create(wire))["id"])
    path = f"{ALL}/{one}"
    for _ in range(3):
        assert (await wire("GET", path))[1]["verification"]["state"] == "requested"
    with pytest.raises(ValueError, match="requested"):
        verifications.other_confirms(one)
    verifications.other_accepts(one)
    await wire("POST", f"{ALL}/qr/scan", {"data": OTHER_QR})
    assert (await wire("GET", path))[1]["verification"]["state"] == "qr_scanned"
    verifications.other_confirms(one)
    assert (await wire("GET", path))[1]["session"]["state"] == "ready"


async def test_an_incoming_request(sim: Simulator, wire: Api) -> None:
    one = sim.world.setup.verifications.receive(ME)
    with pytest.raises(ValueError, match="running"):
        sim.world.setup.verifications.receive(ME)
    path = f"{ALL}/{one}"
    _, answer = await wire("GET", path)
    assert answer["verification"]["direction"] == "incoming"
    # The other device waits for us, however often we look.
    _, answer = await wire("GET", path)
    assert answer["verification"]["availableActions"] == ["accept", "cancel"]
    status, answer = await wire("POST", f"{path}/accept")
    assert (status, answer["verification"]["state"]) == (200, "ready")
    assert (await wire("POST", f"{path}/accept"))[0] == 409
    await wire("POST", f"{path}/sas/start")
    assert (await wire("POST", f"{path}/sas/confirm"))[1]["verification"]["state"] == "done"


ACTIONS = {
    "accept": "accept",
    "sas/start": "sas.start",
    "sas/confirm": "sas.confirm",
    "qr/confirm-scanned": "qr.confirmScanned",
    "cancel": "cancel",
}


async def test_only_available_actions_are_possible(locked: Simulator, wire: Api) -> None:
    async def refused(path: str, *possible: str) -> None:
        for suffix, action in ACTIONS.items():
            if action not in possible:
                status, error = await wire("POST", f"{path}/{suffix}")
                assert status == 409, suffix
                assert error["details"]["availableActions"] == list(possible)

    verification = await create(wire)
    path = f"{ALL}/{verification['id']}"
    await refused(path, "cancel")
    await wire("GET", path)
    await refused(path, "sas.start", "qr.confirmScanned", "cancel")
    await wire("POST", f"{path}/sas/start")
    await refused(path, "sas.confirm", "cancel")
    await wire("POST", f"{path}/cancel")
    await refused(path)
    assert (await wire("GET", "/v1/app/setup"))[1]["state"] == LOCKED


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (None, None),
        ({}, None),
        ({"code": "m.mismatch"}, {"code": "m.mismatch", "reason": "Cancelled"}),
        ({"reason": "Not me"}, {"code": "m.user", "reason": "Not me"}),
    ],
)
async def test_cancelling(locked: Simulator, wire: Api, body: Json | None, error: Any) -> None:
    path = await ready(wire)
    wrong = {"code": 1, "reason": 2}
    assert issues(await wire("POST", f"{path}/cancel", wrong)) == (400, [("code",), ("reason",)])
    status, answer = await wire("POST", f"{path}/cancel", body)
    assert (status, answer["verification"]["state"]) == (200, "cancelled")
    assert answer["verification"].get("error") == error
    assert answer["session"]["state"] == LOCKED
    assert "verification" not in answer["session"]
    assert (await wire("GET", path))[1]["verification"] == answer["verification"]
    await create(wire)


async def test_failures_stay_listed(locked: Simulator, wire: Api) -> None:
    path = await ready(wire)
    locked.world.setup.verifications.fail(path.rpartition("/")[2], "m.timeout", "Too slow")
    second = await create(wire)
    _, answer = await wire("GET", ALL)
    assert [one["id"] for one in answer["items"]] == [second["id"], path.rpartition("/")[2]]
    failed = answer["items"][1]
    assert failed["state"] == "error"
    assert failed["error"] == {"code": "m.timeout", "reason": "Too slow"}
    assert failed["availableActions"] == []


async def test_another_user(locked: Simulator, wire: Api) -> None:
    verification = await create(wire, {"userID": "@ines:beeper.com", "purpose": "device"})
    assert verification["otherUserID"] == "@ines:beeper.com"
    assert "otherDevice" not in verification
    path = f"{ALL}/{verification['id']}"
    await wire("GET", path)
    await wire("POST", f"{path}/sas/start")
    _, answer = await wire("POST", f"{path}/sas/confirm")
    assert answer["verification"]["state"] == "done"
    # That says nothing about this device.
    assert answer["session"]["state"] == LOCKED


async def test_an_unknown_verification(locked: Simulator, wire: Api) -> None:
    path = f"{ALL}/nope"
    status, error = await wire("GET", path)
    assert (status, error["details"]) == (404, {"verificationID": "nope"})
    for suffix in ACTIONS:
        assert (await wire("POST", f"{path}/{suffix}"))[0] == 404
    known = await ready(wire)
    locked.world.setup.reset()
    locked.world.setup.sign_in()
    assert (await wire("GET", known))[0] == 404
