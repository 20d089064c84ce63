"""A bot over an app that lies. `nox -s fuzz` plays more games with a stream alone."""

import pytest

from ..fuzz.player import Game
from .lied_to import play

# Some, and each that failed because of what a bot does.
SEEDS = (1, 5, 12, 61, 71, 96)


@pytest.mark.parametrize("seed", SEEDS)
def test_handlers_get_everything_once(seed: int) -> None:
    result = play(Game(seed=seed))
    assert result.findings.faults == []
    assert result.delivered
