"""Connecting accounts through bridges, told once and played by both clients."""

from typing import Any

import pytest

from beeper_async import (
    APIError,
    AsyncBeeperDesktop,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    UnprocessableEntityError,
)
from beeper_async.models import (
    LoginDisplayCode,
    LoginDisplayEmoji,
    LoginDisplayNothing,
    LoginDisplayQR,
    LoginDisplayUnknown,
    LoginSession,
    LoginStepComplete,
    LoginStepCookies,
    LoginStepDisplayAndWait,
    LoginStepUnknown,
    LoginStepUserInput,
)
from beeper_async.testing import LOGIN_CODE, TWO_STEP_PASSWORD, TWO_STEP_PHONE, Simulator

from .. import reference

pytestmark = pytest.mark.asyncio

PHONE = "+14155550123"


def _display(session: LoginSession) -> Any:
    assert session.status == "waiting_for_display"
    assert isinstance(session.current_step, LoginStepDisplayAndWait)
    return session.current_step.display


async def _answer(client: AsyncBeeperDesktop, session: LoginSession, **values: Any) -> LoginSession:
    step = session.current_step
    assert step is not None
    return await client.bridges.login_sessions.steps.submit(
        step.step_id or "",
        bridge_id=session.bridge_id,
        login_session_id=session.login_session_id,
        type=step.type,  # type: ignore[arg-type]
        **values,
    )


async def _look(client: AsyncBeeperDesktop, session: LoginSession) -> LoginSession:
    return await client.bridges.login_sessions.retrieve(
        session.login_session_id, bridge_id=session.bridge_id
    )


async def test_bridges_and_what_they_can_do(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    bridges = (await client.bridges.list()).items
    assert {bridge.id for bridge in bridges} == set(sim.world.logins.bridges)
    bridge = await client.bridges.retrieve("local-whatsapp")
    assert bridge in bridges
    assert bridge.status == "connected"
    assert bridge.accounts[0].account_id in sim.world.accounts
    abilities = await client.bridges.retrieve_capabilities(bridge_id=bridge.id)
    assert abilities.resolve_identifier.lookup_phone is True
    assert abilities.to_dict()["resolve_identifier"]["lookup_phone"] is True
    flows = (await client.bridges.login_flows.list(bridge.id)).items
    assert [flow.id for flow in flows] == ["qr", "phone"]


async def test_a_bridge_that_is_not_there_says_so(client: AsyncBeeperDesktop) -> None:
    with pytest.raises(NotFoundError, match=r"bridges\.retrieve"):
        await client.bridges.retrieve("local-pigeon")
    with pytest.raises(NotFoundError):
        await client.bridges.login_flows.list("local-pigeon")


async def test_an_app_too_old_for_bridges_says_so(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.app_version = "4.2.808"
    with pytest.raises(NotFoundError, match="too old"):
        await client.bridges.list()


async def test_signing_in_with_phone_and_code(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    session = await client.bridges.login_sessions.create("local-telegram", flow_id="phone")
    assert session.status == "waiting_for_input"
    assert isinstance(session.current_step, LoginStepUserInput)
    assert [field.id for field in session.current_step.fields] == ["phone", "alias"]
    session = await _answer(client, session, fields={"phone": PHONE})
    assert isinstance(session.current_step, LoginStepUserInput)
    session = await _answer(client, session, fields={"code": LOGIN_CODE}, source="api")
    assert (session.status, session.current_step) == ("complete", None)
    assert session.account is not None
    assert session.account.account_id == session.account_id
    assert session.account_id in sim.world.accounts
    assert session.login is not None
    login = await client.bridges.logins.retrieve(
        session.login.login_id, bridge_id=session.bridge_id
    )
    assert login.account_ids == [session.account_id]


async def test_a_network_that_asks_for_a_password_too(client: AsyncBeeperDesktop) -> None:
    session = await client.bridges.login_sessions.create("local-telegram", flow_id="phone")
    session = await _answer(client, session, fields={"phone": TWO_STEP_PHONE})
    session = await _answer(client, session, fields={"code": LOGIN_CODE})
    assert isinstance(session.current_step, LoginStepUserInput)
    assert session.current_step.fields[0].type == "password"
    session = await _answer(client, session, fields={"password": TWO_STEP_PASSWORD})
    assert session.status == "complete"


async def test_signing_in_with_the_cookies_of_a_browser(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    session = await client.bridges.login_sessions.create("discordgo")
    step = session.current_step
    assert isinstance(step, LoginStepCookies)
    assert step.extract_js
    assert [field.type for field in step.fields] == ["local_storage"]
    last_url = "https://discord.invalid/channels/@me"
    session = await _answer(
        client, session, fields={"token": "oatmeal"}, last_url=last_url, source="webview"
    )
    assert session.status == "complete"
    assert sim.requests[-1].json == {
        "type": "cookies",
        "fields": {"token": "oatmeal"},
        "lastURL": last_url,
        "source": "webview",
    }


async def test_signing_in_with_a_qr_code_that_changes(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.world.login_sessions.polls_before_scan = 1
    session = await client.bridges.login_sessions.create("local-whatsapp", flow_id="qr")
    first = _display(session)
    assert isinstance(first, LoginDisplayQR)
    session = await _look(client, session)
    second = _display(session)
    assert second.data != first.data
    assert second.data not in repr(session)
    session = await _answer(client, session)
    assert sim.requests[-1].json == {"type": "display_and_wait"}
    assert session.status == "complete"


async def test_signing_in_with_an_emoji_after_cookies(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.world.login_sessions.polls_before_scan = None
    session = await client.bridges.login_sessions.create("gmessages")
    session = await _answer(client, session, fields={"token": "a", "authorization": "b"})
    display = _display(session)
    assert isinstance(display, LoginDisplayEmoji)
    assert display.image_url.startswith("mxc://")
    assert _display(await _look(client, session)) == display
    sim.world.login_sessions.scan(session.login_session_id)
    assert (await _look(client, session)).status == "complete"


async def test_signing_in_with_a_code_to_type_on_the_phone(client: AsyncBeeperDesktop) -> None:
    session = await client.bridges.login_sessions.create("local-whatsapp", flow_id="phone")
    session = await _answer(client, session, fields={"phone": PHONE})
    display = _display(session)
    assert isinstance(display, LoginDisplayCode)
    assert display.data not in repr(session)


async def test_an_app_may_show_a_last_step(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    sim.world.login_sessions.show_complete_step = True
    session = await client.bridges.login_sessions.create("discordgo")
    session = await _answer(client, session, fields={"token": "oatmeal"})
    assert isinstance(session.current_step, LoginStepComplete)
    assert session.current_step.account == session.account


async def test_connecting_an_account_again(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    before = (await client.bridges.logins.list("local-whatsapp")).items[0]
    account_id = (before.account_ids or [])[0]
    session = await client.bridges.login_sessions.create(
        "local-whatsapp", account_id=account_id, login_id=before.login_id, flow_id="phone"
    )
    assert (session.account_id, session.login_id) == (account_id, before.login_id)
    accounts = set(sim.world.accounts)
    session = await _answer(client, session, fields={"phone": PHONE})
    while session.status == "waiting_for_display":
        session = await _look(client, session)
    assert session.login is not None
    assert session.login.login_id == before.login_id
    assert set(sim.world.accounts) == accounts


async def test_a_wrong_code_fails_the_session_without_showing_it(
    client: AsyncBeeperDesktop,
) -> None:
    session = await client.bridges.login_sessions.create("local-telegram", flow_id="phone")
    session = await _answer(client, session, fields={"phone": PHONE})
    session = await _answer(client, session, fields={"code": "11111"})
    assert (session.status, session.current_step) == ("failed", None)
    assert session.error is not None
    assert session.error.code == "WRONG_CODE"
    assert session.error.details == {"attempts": 1}


async def test_a_field_of_the_wrong_form_is_named_and_its_value_is_not(
    client: AsyncBeeperDesktop,
) -> None:
    session = await client.bridges.login_sessions.create("local-telegram", flow_id="phone")
    with pytest.raises(UnprocessableEntityError) as caught:
        await _answer(client, session, fields={"phone": "555-secret"})
    assert caught.value.issues[0].path == ["body", "fields", "phone"]
    assert "secret" not in f"{caught.value!r} {caught.value.request!r}"
    assert (await _look(client, session)).status == "waiting_for_input"


async def test_giving_up(client: AsyncBeeperDesktop) -> None:
    sessions = client.bridges.login_sessions
    session = await sessions.create("local-telegram")
    gone = await sessions.cancel(session.login_session_id, bridge_id=session.bridge_id)
    assert (gone.login_session_id, gone.status) == (session.login_session_id, "cancelled")
    assert (await _look(client, session)).status == "cancelled"
    patient = client.with_options(max_retries=0).bridges.login_sessions
    with pytest.raises(ConflictError):
        await patient.cancel(session.login_session_id, bridge_id=session.bridge_id)
    with pytest.raises(NotFoundError):
        await sessions.cancel("ls_0", bridge_id=session.bridge_id)


async def test_giving_up_succeeds_when_only_the_answer_got_lost(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    session = await client.bridges.login_sessions.create("local-telegram")
    sim.respond_next(502, method="DELETE")
    sim.respond_next(404, method="DELETE", before=True)
    gone = await client.bridges.login_sessions.cancel(
        session.login_session_id, bridge_id="local-telegram"
    )
    assert gone.status == "cancelled"
    assert gone.login_session_id == session.login_session_id
    assert sim.requests[-1].body == b""


async def test_removing_a_login(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    login = (await client.bridges.logins.list("local-whatsapp")).items[0]
    assert "all-devices" in login.remove_scopes
    removed = await client.bridges.logins.remove(
        login.login_id, bridge_id="local-whatsapp", scope="all-devices"
    )
    assert (removed.status, removed.scope) == ("removed", "all-devices")
    assert removed.affected_account_ids == login.account_ids
    assert not set(login.account_ids or ()) & set(sim.world.accounts)
    with pytest.raises(NotFoundError):
        await client.bridges.logins.retrieve(login.login_id, bridge_id="local-whatsapp")


async def test_removing_succeeds_when_only_the_answer_got_lost(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    login = (await client.bridges.logins.list("local-whatsapp")).items[0]
    sim.respond_next(502, method="POST")
    removed = await client.bridges.logins.remove(
        login.login_id, bridge_id="local-whatsapp", scope="current-device"
    )
    assert removed.login_id == login.login_id
    assert (removed.status, removed.affected_account_ids) == ("removed", None)
    assert len([r for r in sim.requests if r.path.endswith("/remove")]) == 2


@pytest.mark.parametrize("status", [409, 500, 503])
async def test_nothing_that_moves_a_session_on_is_sent_twice(
    client: AsyncBeeperDesktop, sim: Simulator, status: int
) -> None:
    sim.respond_next(status, method="POST", times=2, before=True)
    with pytest.raises(APIError, match=str(status)):
        await client.bridges.login_sessions.create("local-telegram")
    with pytest.raises(APIError, match=str(status)):
        await client.bridges.login_sessions.steps.submit(
            "s", bridge_id="b", login_session_id="ls", type="user_input"
        )
    assert len(sim.requests) == 2


@pytest.mark.parametrize(
    ("file", "display"),
    [
        ("qr", LoginDisplayQR),
        ("code", LoginDisplayCode),
        ("emoji", LoginDisplayEmoji),
        ("wait", LoginDisplayNothing),
    ],
)
async def test_a_display_is_told_by_its_type(
    client: AsyncBeeperDesktop, sim: Simulator, file: str, display: type
) -> None:
    body = reference.example(f"bridges.login_sessions.retrieve.{file}.json")
    sim.respond_next(200, json=body, before=True)
    session = await client.bridges.login_sessions.retrieve("ls_42", bridge_id="local-whatsapp")
    assert type(_display(session)) is display


async def test_a_step_of_an_unknown_kind_is_kept_whole(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    body = reference.example("bridges.login_sessions.retrieve.forward_compat.json")
    sim.respond_next(200, json=body, before=True)
    session = await client.bridges.login_sessions.retrieve("ls_42", bridge_id="local-whatsapp")
    step = session.current_step
    assert isinstance(step, LoginStepUnknown)
    assert (step.type, step.step_id) == ("passkey", "pk")
    assert step.extra == {"challenge": "abc"}
    assert session.to_dict() == body


@pytest.mark.parametrize(
    "display", [{"type": "barcode", "data": "1", "kind": {"ean": 13}}, {"type": "qr", "image": "x"}]
)
async def test_a_display_of_an_unknown_kind_is_kept_whole(
    client: AsyncBeeperDesktop, sim: Simulator, display: dict[str, Any]
) -> None:
    body = reference.example("bridges.login_sessions.retrieve.qr.json")
    body["currentStep"]["display"] = display
    sim.respond_next(200, json=body, before=True)
    session = await client.bridges.login_sessions.retrieve("ls_42", bridge_id="local-whatsapp")
    shown = _display(session)
    assert isinstance(shown, LoginDisplayUnknown)
    assert {"type": shown.type, **shown.extra} == display
    assert session.to_dict() == body


_SUBMIT = {"type": "cookies", "step_id": "s", "bridge_id": "b", "login_session_id": "ls"}
BAD_INPUT = [
    ("retrieve", {"bridge_id": "local whatsapp"}),
    ("retrieve", {"bridge_id": ""}),
    ("retrieve", {"bridge_id": "local-whatsapp\n"}),
    ("retrieve", {"bridge_id": "../chats"}),
    ("retrieve", {"bridge_id": "wörld"}),
    ("retrieve_capabilities", {"bridge_id": "a.b"}),
    ("login_flows.list", {"bridge_id": "a/b"}),
    ("logins.list", {"bridge_id": 5}),
    ("logins.retrieve", {"bridge_id": "a:b", "login_id": "x"}),
    ("logins.remove", {"scope": "everywhere", "bridge_id": "a", "login_id": "x"}),
    ("logins.remove", {"bridge_id": "a?", "login_id": "x", "scope": "all-devices"}),
    ("login_sessions.create", {"bridge_id": "a b"}),
    ("login_sessions.create", {"flow_id": "", "bridge_id": "a"}),
    ("login_sessions.create", {"login_id": "", "bridge_id": "a"}),
    ("login_sessions.create", {"account_id": "", "bridge_id": "a"}),
    ("login_sessions.retrieve", {"bridge_id": "a%", "login_session_id": "ls"}),
    ("login_sessions.cancel", {"bridge_id": "a#", "login_session_id": "ls"}),
    ("login_sessions.steps.submit", {**_SUBMIT, "type": "complete"}),
    ("login_sessions.steps.submit", {"source": "robot", **_SUBMIT}),
    ("login_sessions.steps.submit", {"fields": {"sid": 5}, **_SUBMIT}),
    ("login_sessions.steps.submit", {"fields": {5: "cookie"}, **_SUBMIT}),
    ("login_sessions.steps.submit", {"fields": [("sid", "cookie")], **_SUBMIT}),
    ("login_sessions.steps.submit", {"fields": "cookie", **_SUBMIT}),
]


@pytest.mark.parametrize(("method", "arguments"), BAD_INPUT)
async def test_bad_input_is_refused_before_anything_is_sent(
    client: AsyncBeeperDesktop, sim: Simulator, method: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        await reference.method_of(client.bridges, method)(**arguments)
    assert sim.requests == []
    assert next(iter(arguments)) in str(caught.value)
    assert "cookie" not in str(caught.value).replace("'cookies'", "")
