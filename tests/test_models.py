"""What models show of themselves, and what they answer besides their fields."""

from typing import Any

import attrs
import pytest

from beeper_async import models
from beeper_async._codec.decoder import decode
from beeper_async._codec.fields import fields_of
from beeper_async.models import User

# What is written or must stay secret is not shown, for a repr ends in logs.
HIDDEN: dict[str, set[str]] = {
    "AppMatrixCredentials": {"access_token"},
    "Chat": {"capabilities", "description"},
    "ChatCreateResponse": {"capabilities", "description"},
    "ChatDetails": {"capabilities", "description"},
    "ChatDraft": {"text"},
    "ChatListResponse": {"capabilities", "description"},
    "ChatStartResponse": {"capabilities", "description"},
    "DraftInput": {"text"},
    "LinkPreview": {"url", "summary", "original_url", "title"},
    "LoginDisplayCode": {"data"},
    "LoginDisplayEmoji": {"image_url"},
    "LoginDisplayQR": {"data"},
    "LoginInputField": {"initial_value"},
    "Message": {"text"},
    "MessageDetails": {"text"},
    "MessageUpdateResponse": {"text"},
    "RecoveryKeyResetResponse": {"recovery_key"},
    "SetupRegistrationRequiredResponse": {"lead_token"},
    "Transcription": {"transcription"},
    "VerificationQR": {"data"},
    "VerificationSAS": {"emojis", "decimals"},
}


MODELS = [name for name in sorted(dir(models)) if attrs.has(getattr(models, name))]


@pytest.mark.parametrize("name", MODELS)
def test_content_and_secrets_are_not_shown(name: str) -> None:
    cls: Any = getattr(models, name)
    names = [field.name for field in fields_of(cls)]
    shown = repr(cls(**{one: f"the {one}" for one in names}))
    assert {one for one in names if f"{one}='the {one}'" not in shown} == HIDDEN.get(name, set())
    assert [one for one in HIDDEN.get(name, ()) if f"the {one}'" in shown] == []


def test_the_list_names_no_model_that_is_gone() -> None:
    assert set(HIDDEN) <= set(MODELS)


def test_what_is_not_there_is_not_shown() -> None:
    assert repr(User(id="a")) == "User(id='a')"
    assert repr(User(id="a", extra={"x": 1})) == "User(id='a')"


def test_null_is_told_from_absent() -> None:
    user = decode(User, {"id": "a", "email": None, "later": 1})
    assert user.is_null("email")
    assert not user.is_null("username")
    assert not user.is_null("id")
    assert user.extra == {"later": 1}
    with pytest.raises(AttributeError, match="User has no field 'later'"):
        user.is_null("later")


def test_json_is_indented_on_demand() -> None:
    user = User(id="a", full_name="B")
    assert user.to_json() == '{\n  "id": "a",\n  "fullName": "B"\n}'
    assert user.to_json(indent=None) == '{"id":"a","fullName":"B"}'
