"""What responses tell about the server: the app's version and its clock. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeAlias

AppVersion: TypeAlias = tuple[int, ...]
"""The app's version as numbers, e.g. (4, 3, 73)."""

NEWEST: Final[AppVersion] = (999,)
"""What an app counts as whose version can't be read."""

VERSION_HEADER: Final = "X-Beeper-Desktop-Version"


def parse_version(text: str | None) -> AppVersion:
    """Read `4.3.73` or `4.3.73-nightly`; what can't be read counts as the newest app."""
    numbers = re.match(r"\d+(\.\d+)*", text or "")
    return tuple(int(part) for part in numbers[0].split(".")) if numbers else NEWEST


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
        text, received = self._last_date
        try:
            return moment + (parsedate_to_datetime(text) - datetime.fromtimestamp(received, UTC))
        except (ValueError, TypeError):
            return moment
