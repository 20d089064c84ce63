"""No bot answers itself, whatever happens. `nox -s echoes` plays 10,000 scripts."""

from .scripts import play_many


def test_no_bot_answers_itself() -> None:
    play_many(150, first=1)
