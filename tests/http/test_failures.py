"""From failed calls to exceptions: which one, and what its text says."""

from datetime import UTC, datetime
from typing import Any

import pytest

from beeper_async import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    RequestInfo,
    ResponseInfo,
    Timeout,
    UnprocessableEntityError,
)
from beeper_async._http.failures import asset_error, connection_error, outcome_unknown, status_error
from beeper_async._http.options import Options
from beeper_async._http.outcome import AttemptState

REQUEST = RequestInfo("messages.send", "POST", "http://localhost:23373/v1/messages")
OPTIONS = Options(None, "http://localhost:23373", Timeout(total=30.0, connect=5.0))
NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)


def answered(status: int, body: Any = None, **headers: str) -> APIStatusError:
    return status_error(REQUEST, ResponseInfo(REQUEST, status, headers, 0.1, 0), body)


@pytest.mark.parametrize(
    ("status", "cls", "advice"),
    [
        (400, BadRequestError, "`issues` may name them"),
        (401, AuthenticationError, "BEEPER_ACCESS_TOKEN"),
        (403, PermissionDeniedError, "scope"),
        (404, NotFoundError, "too old"),
        (409, ConflictError, "present state"),
        (418, APIStatusError, ""),
        (422, UnprocessableEntityError, "`issues` names them"),
        (429, RateLimitError, "Wait"),
        (499, APIStatusError, ""),
        (500, InternalServerError, "app's side"),
        (501, InternalServerError, "app's side"),
        (599, InternalServerError, "app's side"),
    ],
)
def test_each_status_has_its_exception(status: int, cls: type, advice: str) -> None:
    error = answered(status)
    assert type(error) is cls
    assert str(error).startswith(f"messages.send: the app answered {status}.")
    assert advice in str(error)
    assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://b.example/v1?a=secret", "https://b.example"),
        ("/v1", "another place"),
        ("", "another place"),
    ],
)
@pytest.mark.parametrize("status", [300, 302, 399])
def test_a_redirect_names_its_host_alone(status: int, location: str, target: str) -> None:
    error = answered(status, Location=location)
    assert type(error) is APIStatusError
    assert str(error).endswith(f"Set base_url to where it points: {target}")
    assert "Redirects" not in str(answered(299, Location=location))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (None, "418."),
        ("text", "418."),
        ({"message": "", "code": 5}, "418."),
        ({"message": ["no"], "code": "TEA"}, "418 (TEA)."),
        ({"message": "no\ttea.\n", "code": "TEA"}, "418 (TEA): no tea."),
        ({"message": "x" * 301}, f"418: {'x' * 300}."),
    ],
)
def test_what_the_app_said_is_in_the_text(body: Any, words: str) -> None:
    error = answered(418, body)
    assert str(error) == f"messages.send: the app answered {words}"
    assert error.body == body
    assert error.issues == []


def test_the_first_issue_is_in_the_text_and_all_are_kept() -> None:
    issues = [{"path": ["a", 0], "message": "Too\nlong.", "code": "x"}] * 2
    error = answered(422, {"message": "Invalid", "details": {"issues": issues}})
    start = "messages.send: the app answered 422: Invalid. a.0: Too long. Check"
    assert str(error).startswith(start)
    assert [issue.path for issue in error.issues] == [["a", 0]] * 2


def test_a_failure_in_spite_of_its_status() -> None:
    response = ResponseInfo(REQUEST, 200, {}, 0.1, 0)
    error = asset_error(REQUEST, response, "no\nsuch file.", {"error": 1})
    assert str(error) == "messages.send: the app could not do it: no such file."
    assert (error.response, error.body) == (response, {"error": 1})


@pytest.mark.parametrize(
    ("state", "timed_out", "cls", "words"),
    [
        (AttemptState.NEVER_SENT, True, APITimeoutError, "no connection to {} in time: 5.0 s"),
        (AttemptState.UNKNOWN, True, APITimeoutError, "no response from {} within 30.0 s."),
        (AttemptState.NEVER_SENT, False, APIConnectionError, "no connection to {}. Is Beeper"),
        (AttemptState.UNKNOWN, False, APIConnectionError, "the connection to {} broke before"),
    ],
)
def test_each_lost_connection_has_its_exception(
    state: AttemptState, timed_out: bool, cls: type, words: str
) -> None:
    error = connection_error(REQUEST, OPTIONS, state, timed_out=timed_out)
    assert type(error) is cls
    assert str(error).startswith(f"messages.send: {words.format(OPTIONS.base_url)}")
    assert error.never_sent == (state is AttemptState.NEVER_SENT)


def lost(*, timed_out: bool) -> APIError:
    return connection_error(REQUEST, OPTIONS, AttemptState.UNKNOWN, timed_out=timed_out)


@pytest.mark.parametrize(
    ("error", "cls"),
    [
        (lost(timed_out=True), APITimeoutError),
        (lost(timed_out=False), APIConnectionError),
        (answered(409), ConflictError),
        (answered(500), InternalServerError),
    ],
)
def test_an_unsafe_call_that_may_have_happened(error: APIError, cls: Any) -> None:
    error.body = {"code": "X"}
    unknown = outcome_unknown(error, {"text": "hi"}, NOON)
    assert isinstance(unknown, OutcomeUnknownError)
    assert isinstance(unknown, cls)
    assert isinstance(unknown, APITimeoutError) == (cls is APITimeoutError)
    assert isinstance(unknown, ConflictError) == (cls is ConflictError)
    assert (unknown.sent, unknown.sent_at) == ({"text": "hi"}, NOON)
    assert (unknown.request, unknown.code) == (REQUEST, "X")
    assert getattr(unknown, "response", None) is getattr(error, "response", None)
    assert unknown.message.startswith(error.message)
