"""From bytes to values: what a response may hold, and what is kept of one that is no JSON."""

from typing import Any

import pytest

from beeper_async import APIResponseValidationError, RequestInfo, ResponseInfo
from beeper_async._codec.sharing import SharedParts
from beeper_async._http.decoding import json_or_text, parse_response
from beeper_async._http.request import Request
from beeper_async._http.unreadable import UnreadableLog, UnreadablePolicy
from beeper_async.models import User

POLICY = UnreadablePolicy("raise", UnreadableLog())
RESPONSE = ResponseInfo(RequestInfo("x", "GET", "http://a/b"), 200, {}, 0.0, 0)


def build(tp: Any, received: bytes) -> Any:
    request = Request("x", "GET", "/b", tp)
    return parse_response(request, RESPONSE, received, POLICY, SharedParts()).build()


@pytest.mark.parametrize(
    ("received", "value"),
    [(b"", None), (b"{}", {}), (b"null", None), (b"no", "no"), (b"n\xff", "n\ufffd")],
)
def test_a_body_is_json_or_else_text(received: bytes, value: Any) -> None:
    assert json_or_text(received) == value


def test_each_type_that_is_not_read_as_json() -> None:
    assert build(bytes, b"{\xff") == b"{\xff"
    assert build(str, b"{\xff") == "{\ufffd"
    assert build(type(None), b" ") is None


def test_what_is_no_json_is_kept_as_text() -> None:
    with pytest.raises(APIResponseValidationError, match="x: the response is not JSON") as caught:
        build(User, b"<html>\xff")
    assert caught.value.body == "<html>\ufffd"
    assert caught.value.problems == ()


@pytest.mark.parametrize(("wrong", "more"), [(5, ""), (6, "; and 1 more"), (9, "; and 4 more")])
def test_the_first_problems_are_named_in_the_text(wrong: int, more: str) -> None:
    with pytest.raises(APIResponseValidationError) as caught:
        build(list[User], b"[" + b",".join([b"5"] * wrong) + b"]")
    named = "; ".join(f"[{n}]: expected an object, got an integer" for n in range(5))
    text = f"x: the response doesn't fit: {named}{more}. `body` holds all of it."
    assert str(caught.value) == text
    assert (len(caught.value.problems), caught.value.body) == (wrong, [5] * wrong)
