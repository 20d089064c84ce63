"""The pytest plugin: the fixture `beeper_app`.

It is loaded by pytest itself wherever this package is installed, so it imports nothing more than
that takes. Nothing else here imports pytest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .bot_test import BotTest


@pytest.fixture
def beeper_app() -> Iterator[BotTest]:
    """A simulated Beeper Desktop app with people who write to a bot."""
    from .bot_test import BotTest

    with BotTest() as app:
        yield app
