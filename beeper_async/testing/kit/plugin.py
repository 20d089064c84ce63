"""The pytest plugin: the fixture `beeper_app`, and tests without the stored tokens of the user.

It is loaded by pytest itself wherever this package is installed, so it imports nothing more than
that takes. Nothing else here imports pytest.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .bot_test import BotTest


def pytest_configure() -> None:
    """Keep tests, and the programs that they start, from the token of a login.

    A test that forgets to set up a simulator would otherwise write to real people. A test of the
    store itself sets BEEPER_PROFILE.
    """
    os.environ["BEEPER_PROFILE"] = ""


@pytest.fixture
def beeper_app() -> Iterator[BotTest]:
    """A simulated Beeper Desktop app with people who write to a bot."""
    from .bot_test import BotTest

    with BotTest() as app:
        yield app
