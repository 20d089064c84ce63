"""What a client learns about the app from its responses: the version, and the clock."""

from datetime import UTC, datetime, timedelta

import pytest

from beeper_async._http.server_info import NEWEST, VERSION_HEADER, ServerInfo

NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
AHEAD = {"Date": "Fri, 01 Jan 2027 12:00:30 GMT"}  # half a minute later than NOON


def test_the_last_date_corrects_the_clock() -> None:
    server = ServerInfo()
    later = NOON + timedelta(minutes=5)
    assert server.server_time(later.timestamp()) == later, "no response has come yet"
    server.learn({"Date": "Fri, 01 Jan 2027 09:00:00 GMT"}, NOON.timestamp())
    server.learn(AHEAD, NOON.timestamp())
    server.learn({}, later.timestamp())
    assert server.server_time(later.timestamp()) == later + timedelta(seconds=30)


@pytest.mark.parametrize("date", ["soon", "", "Fri, 01 Jan 2027 12:00:30"])
def test_a_date_that_is_none_corrects_nothing(date: str) -> None:
    server = ServerInfo()
    server.learn({"Date": date}, NOON.timestamp())
    assert server.server_time(NOON.timestamp()) == NOON


def test_the_version_is_that_of_the_last_response_that_names_one() -> None:
    server = ServerInfo()
    server.learn(AHEAD, 0.0)
    assert server.version is None
    server.learn({VERSION_HEADER: "4.2.557"}, 0.0)
    server.learn({}, 0.0)
    assert server.version == (4, 2, 557)
    server.learn({VERSION_HEADER: "dev"}, 0.0)
    assert server.version == NEWEST == (999,)
