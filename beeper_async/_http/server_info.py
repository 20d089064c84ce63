"""What responses tell about the server: the app's version and its clock. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from typing import Final, TypeAlias

AppVersion: TypeAlias = tuple[int, ...]
"""The app's version as numbers, e.g. (4, 3, 73)."""

NEWEST: Final[AppVersion] = (999,)
"""What an app counts as whose version can't be read."""

_LONGEST_NUMBER: Final = 9  # digits

VERSION_HEADER: Final = "X-Beeper-Desktop-Version"


# A time before the app existed, or one that is far ahead of ours, is not the app's clock. Being a
# little careless with the past hides nothing; a time too late would hide a message that was sent.
_EARLIEST: Final = datetime(2020, 1, 1, tzinfo=UTC)
_FARTHEST_AHEAD: Final = timedelta(days=1)


def parse_version(text: object) -> AppVersion:
    """Read `4.3.73` or `4.3.73-nightly`; what can't be read counts as the newest app."""
    if not isinstance(text, str):
        return NEWEST
    numbers = re.match(r"[0-9]+(\.[0-9]+)*", text)
    parts = numbers[0].split(".") if numbers else []
    if not parts or max(map(len, parts)) > _LONGEST_NUMBER:
        return NEWEST
    return tuple(map(int, parts))


def parse_http_date(text: str, *, unknown_zone: tzinfo | None = None) -> datetime | None:
    """Read the time in a header; None if it is none.

    Args:
        text: The value of the header.
        unknown_zone: What to take for the zone -0000, which means unknown; None takes no such time.
    """
    try:
        date = parsedate_to_datetime(text)
        if (zone := date.tzinfo or unknown_zone) is None:
            return None
        return date.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


class ServerInfo:
    """The newest version and time that the app's responses carried."""

    def __init__(self) -> None:
        self.version: AppVersion | None = None
        """The app's version; None before any response named it."""
        self._version_text: str | None = None
        self._last_date: tuple[str, float] | None = None

    def learn(self, headers: Mapping[str, str], now: float) -> None:
        """Take in the headers of a response that was received at `now`, in seconds of the epoch."""
        if (date := headers.get("Date")) is not None:
            self._last_date = date, now
        text = headers.get(VERSION_HEADER)
        if text is not None and text != self._version_text:
            self._version_text, self.version = text, parse_version(text)

    def server_time(self, seconds: float) -> datetime:
        """Translate a time of this machine, in seconds of the epoch, to the app's clock."""
        moment = datetime.fromtimestamp(seconds, UTC)
        if self._last_date is None:
            return moment
        text, received_at = self._last_date
        received, date = datetime.fromtimestamp(received_at, UTC), parse_http_date(text)
        if date is None or not _EARLIEST <= date <= received + _FARTHEST_AHEAD:
            return moment
        return moment + (date - received)
