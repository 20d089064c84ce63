"""Signing the app in and setting up its encryption, told once and played by both clients."""

import pickle
from typing import Any

import pytest

from beeper_async import (
    APIError,
    APIResponseValidationError,
    AsyncBeeperDesktop,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    UnprocessableEntityError,
)
from beeper_async._http.query import json_body, with_query
from beeper_async._http.request import Request
from beeper_async.models import (
    SetupCompleteResponse,
    SetupRegistrationRequiredResponse,
    SetupResponseUnknown,
    Verification,
    VerificationResponse,
)
from beeper_async.testing import EMAIL, OTHER_QR, RECOVERY_KEY, SIGN_IN_CODE, USERNAME, Simulator

from .. import reference

pytestmark = pytest.mark.asyncio


def _of(answer: VerificationResponse) -> Verification:
    assert answer.verification is not None
    return answer.verification


async def test_signing_in_with_a_code_and_unlocking_with_the_key(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.world.setup.reset()
    setup = client.app.setup
    state = await setup.retrieve()
    assert (state.state, state.matrix) == ("needs-login", None)
    begun = await setup.start()
    assert begun.sign_in_methods == ["email"]
    request_id = begun.setup_request_id
    sent = await setup.email(email=EMAIL, setup_request_id=request_id)  # type: ignore[func-returns-value]
    assert sent is None
    assert sim.world.setup.codes_sent == [EMAIL]
    done = await setup.response(response=SIGN_IN_CODE, setup_request_id=request_id)
    assert isinstance(done, SetupCompleteResponse)
    assert done.matrix.access_token not in repr(done)
    assert (await setup.retrieve()).state == "needs-verification"
    unlocked = await setup.recovery_key.verify(recovery_key=RECOVERY_KEY)
    assert unlocked.session.state == "ready"
    assert unlocked.session.e2ee.secrets.megolm_backup_key is True


async def test_the_calls_of_a_sign_in_carry_no_token_and_the_others_do(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.world.setup.reset()
    setup = client.app.setup
    begun = await setup.start()
    assert sim.requests[-1].body == b""
    await setup.email(email=EMAIL, setup_request_id=begun.setup_request_id)
    await setup.response(response=SIGN_IN_CODE, setup_request_id=begun.setup_request_id)
    assert not any("Authorization" in request.headers for request in sim.requests)
    await setup.retrieve()
    assert sim.requests[-1].headers["Authorization"] == f"Bearer {sim.token}"


async def test_registering_a_new_address(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    sim.world.setup.reset()
    setup = client.app.setup
    request_id = (await setup.start()).setup_request_id
    await setup.email(email="mira@example.com", setup_request_id=request_id)
    asked = await setup.response(response=SIGN_IN_CODE, setup_request_id=request_id)
    assert isinstance(asked, SetupRegistrationRequiredResponse)
    assert asked.copy_.title
    assert asked.username_suggestions
    assert asked.lead_token not in repr(asked)
    with pytest.raises(InvalidInputError, match="accept_terms must be True"):
        await setup.register(
            accept_terms=False,  # type: ignore[arg-type]
            lead_token=asked.lead_token,
            setup_request_id=request_id,
            username="mira",
        )
    assert not any(request.path.endswith("/register") for request in sim.requests)
    done = await setup.register(
        accept_terms=True,
        lead_token=asked.lead_token,
        setup_request_id=request_id,
        username=asked.username_suggestions[0],
    )
    assert done.matrix.user_id == "@mira:beeper.com"
    assert (await setup.retrieve()).state == "needs-cross-signing-setup"


@pytest.mark.parametrize("consent", [1, "true", None, False])
async def test_only_true_accepts_the_terms(
    client: AsyncBeeperDesktop, sim: Simulator, consent: Any
) -> None:
    with pytest.raises(InvalidInputError, match="accept_terms"):
        await client.app.setup.register(
            accept_terms=consent, lead_token="l", setup_request_id="s", username="u"
        )
    assert sim.requests == []


async def test_an_outcome_of_an_unknown_kind_is_kept_whole(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    body = {"captchaRequired": True, "captcha": {"url": "https://example.com"}}
    sim.respond_next(200, json=body, before=True)
    asked = await client.app.setup.response(response="1", setup_request_id="s")
    assert isinstance(asked, SetupResponseUnknown)
    assert asked.extra == body


async def test_making_a_new_recovery_key(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    reset = client.app.setup.recovery_key.reset
    made = await reset.create(existing_recovery_key=RECOVERY_KEY)
    assert made.session.e2ee.has_backed_up_recovery_key is False
    assert made.recovery_key not in repr(made)
    confirmed = await reset.confirm(recovery_key=made.recovery_key)
    assert confirmed.session.state == "ready"
    assert sim.world.setup.recovery_keys[USERNAME] == made.recovery_key
    await reset.create()
    assert sim.requests[-1].json == {}


async def test_verifying_by_comparing_emojis(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    sim.world.setup.sign_in()
    verifications = client.app.setup.verifications
    made = _of(await verifications.create(purpose="login"))
    assert (made.state, made.direction) == ("requested", "outgoing")
    ready = _of(await verifications.retrieve(made.id))
    assert "sas.start" in ready.available_actions
    assert [one.id for one in (await verifications.list()).items] == [made.id]
    compared = _of(await verifications.sas.start(made.id))
    assert sim.requests[-1].body == b""
    assert compared.sas is not None
    assert compared.sas.emojis not in repr(compared)
    done = await verifications.sas.confirm(made.id)
    assert _of(done).state == "done"
    assert done.session.state == "ready"


async def test_verifying_by_scanning_the_other_device(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    sim.world.setup.sign_in()
    verifications = client.app.setup.verifications
    made = _of(await verifications.create())
    assert sim.requests[-1].json == {}
    await verifications.retrieve(made.id)
    with pytest.raises(UnprocessableEntityError):
        await verifications.qr.scan(data="another code")
    scanned = _of(await verifications.qr.scan(data=OTHER_QR))
    assert (scanned.id, scanned.state) == (made.id, "qr_scanned")
    assert _of(await verifications.retrieve(made.id)).state == "done"


async def test_verifying_by_being_scanned(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    sim.world.setup.verifications.other_device_responds = False
    verifications = client.app.setup.verifications
    made = _of(await verifications.create(purpose="device", user_id="@mira:beeper.com"))
    assert sim.requests[-1].json == {"purpose": "device", "userID": "@mira:beeper.com"}
    sim.world.setup.verifications.other_accepts(made.id)
    sim.world.setup.verifications.other_scans(made.id)
    shown = _of(await verifications.retrieve(made.id))
    assert shown.qr is not None
    assert shown.qr.data not in repr(shown)
    assert _of(await verifications.qr.confirm_scanned(made.id)).state == "done"


async def test_another_device_asks_and_is_refused_later(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    verification_id = sim.world.setup.verifications.receive(f"@{USERNAME}:beeper.com")
    verifications = client.app.setup.verifications
    asked = await client.app.setup.retrieve()
    assert asked.verification is not None
    assert asked.verification.id == verification_id
    accepted = _of(await verifications.accept(verification_id))
    assert (accepted.state, accepted.direction) == ("ready", "incoming")
    gone = _of(await verifications.cancel(verification_id, code="m.user", reason="Not me"))
    assert gone.state == "cancelled"
    assert gone.error is not None
    assert gone.error.reason == "Not me"
    with pytest.raises(ConflictError):
        await verifications.cancel(verification_id)
    assert sim.requests[-1].json == {}


async def test_a_verification_that_fails_or_is_not_there(
    client: AsyncBeeperDesktop, sim: Simulator
) -> None:
    verifications = client.app.setup.verifications
    made = _of(await verifications.create(purpose="device"))
    sim.world.setup.verifications.fail(made.id)
    failed = _of(await verifications.retrieve(made.id))
    assert failed.state == "error"
    assert failed.error is not None
    assert failed.error.code == "m.timeout"
    with pytest.raises(NotFoundError):
        await verifications.retrieve("ver_0")
    with pytest.raises(InvalidInputError, match="purpose"):
        await verifications.create(purpose="fun")  # type: ignore[arg-type]


UNSAFE: list[tuple[str, dict[str, Any]]] = [
    ("start", {}),
    ("email", {"email": EMAIL, "setup_request_id": "s"}),
    ("response", {"response": "1", "setup_request_id": "s"}),
    (
        "register",
        {"accept_terms": True, "lead_token": "l", "setup_request_id": "s", "username": "u"},
    ),
    ("recovery_key.reset.create", {}),
    ("recovery_key.reset.confirm", {"recovery_key": "k"}),
    ("verifications.create", {}),
    ("verifications.accept", {"verification_id": "v"}),
    ("verifications.cancel", {"verification_id": "v"}),
    ("verifications.qr.scan", {"data": "d"}),
    ("verifications.qr.confirm_scanned", {"verification_id": "v"}),
    ("verifications.sas.start", {"verification_id": "v"}),
    ("verifications.sas.confirm", {"verification_id": "v"}),
]


@pytest.mark.parametrize(("method", "arguments"), UNSAFE)
async def test_nothing_that_moves_things_on_is_sent_twice(
    client: AsyncBeeperDesktop, sim: Simulator, method: str, arguments: dict[str, Any]
) -> None:
    sim.respond_next(503, before=True)
    with pytest.raises(APIError, match="503"):
        await reference.method_of(client.app.setup, method)(**arguments)
    assert len(sim.requests) == 1


async def test_the_check_of_a_key_is_repeated(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    sim.respond_next(503)
    answer = await client.app.setup.recovery_key.verify(recovery_key=RECOVERY_KEY)
    assert answer.session.state == "ready"
    assert len(sim.requests) == 2


async def test_no_error_shows_a_secret(client: AsyncBeeperDesktop, sim: Simulator) -> None:
    setup = client.with_options(max_retries=0).app.setup
    secret = "EsTW rong one0 here"
    with pytest.raises(UnprocessableEntityError) as wrong:
        await setup.recovery_key.verify(recovery_key=secret)
    sim.drop_next()
    with pytest.raises(APIError) as lost:
        await setup.recovery_key.verify(recovery_key=secret)
    sim.respond_next(200, json={"recoveryKey": secret}, before=True)
    with pytest.raises(APIResponseValidationError) as misfit:
        await setup.recovery_key.reset.create(existing_recovery_key=secret)
    sim.scopes = ()
    with pytest.raises(PermissionDeniedError) as refused:
        await setup.recovery_key.reset.confirm(recovery_key=secret)
    for caught in (wrong, lost, misfit, refused):
        error = caught.value
        assert secret not in f"{error!r} {error} {error.request!r} {error.args}"
        assert secret.encode() not in pickle.dumps(error)


async def test_a_request_shows_neither_its_body_nor_its_query() -> None:
    path = with_query("/v1/chats/search", {"query": "nut allergy"})
    body = json_body(recovery_key=RECOVERY_KEY, fields={"sid": "cookie"}, text="see you")
    shown = repr(Request("chats.search", "POST", path, dict[str, Any], body))
    assert "chats.search" in shown
    assert not any(word in shown for word in ("allergy", RECOVERY_KEY, "cookie", "see you"))
