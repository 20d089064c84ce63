"""What exceptions hold, however they are made, and what of it goes along to another process."""

import pickle
from typing import Any

import pytest

from beeper_async import (
    APIConnectionError,
    APIError,
    AssetError,
    DeliveryFailedError,
    DeliveryTimeoutError,
    NotFoundError,
    RequestInfo,
    ResponseInfo,
    SubscriptionError,
)
from beeper_async._codec.decoder import decode
from beeper_async.models import Message

from . import reference

REQUEST = RequestInfo("chats.search", "GET", "http://localhost:23373/v1/chats/search?query=secret")
RESPONSE = ResponseInfo(REQUEST, 404, {"X-A": "secret"}, 0.5, 1)


@pytest.mark.parametrize("cls", [APIError, APIConnectionError])
def test_an_error_without_a_response(cls: type[APIError]) -> None:
    error = cls(message="No.", request=REQUEST)
    assert (str(error), error.message, error.body, error.code) == ("No.", "No.", None, None)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.request.name) == (cls, "No.", "chats.search")
    assert copy.request.url == "http://localhost:23373/v1/chats/search"


@pytest.mark.parametrize("cls", [NotFoundError, AssetError])
def test_an_error_with_a_response(cls: Any) -> None:
    error = cls(message="No.", request=REQUEST, response=RESPONSE, body={"code": "GONE"})
    assert (str(error), error.code, error.status_code) == ("No.", "GONE", 404)
    assert error.response is RESPONSE
    assert getattr(error, "issues", []) == []
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.status_code, copy.body) == (cls, "No.", 404, None)
    assert (copy.response.attempt, copy.response.elapsed, copy.response.headers) == (1, 0.5, {})
    assert b"secret" not in pickle.dumps(error)


@pytest.mark.parametrize("body", [None, "GONE", ["code"], {}, {"code": 5}])
def test_a_body_without_a_code(body: Any) -> None:
    assert APIError("No.", request=REQUEST, body=body).code is None


def test_a_refused_subscription() -> None:
    error = SubscriptionError(message="No.", code="INVALID_PAYLOAD")
    copy = pickle.loads(pickle.dumps(error))
    assert [(str(one), one.code) for one in (error, copy)] == [("No.", "INVALID_PAYLOAD")] * 2


@pytest.mark.parametrize("cls", [DeliveryFailedError, DeliveryTimeoutError])
def test_a_message_that_did_not_arrive(cls: Any) -> None:
    message = decode(Message, reference.example("messages.retrieve.minimal.json"))
    error = cls(text="No.", pending_message_id="p", sent_message=message)
    assert error.sent_message is message
    copy = pickle.loads(pickle.dumps(error))
    assert [(str(one), one.pending_message_id) for one in (error, copy)] == [("No.", "p")] * 2
    assert copy.sent_message is None


def test_why_a_delivery_failed_is_unknown_without_the_message() -> None:
    error = DeliveryFailedError("No.", pending_message_id="p")
    assert (error.reason, error.retriable) == (None, False)
