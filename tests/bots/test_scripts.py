"""No bot answers itself, whatever happens. `nox -s echoes` plays 10,000 scripts."""

import pytest

from .scripts import CHATS, Script, play, play_many
from .small_app import Manners


def test_no_bot_answers_itself() -> None:
    play_many(150, first=1)


# Scripts in which a bot has answered itself once.
FAILED = {
    "a crash while a message is edited that gets another ID": Script(
        Manners(lateness=1, loses_answers=True, confirms_later=True, says_is_sender=False),
        bots=1,
        steps=[
            ("write", "me", CHATS[0], "yes"),
            ("edit", "me", 0, "yes"),
            ("confirm",),
            ("stop",),
            ("crash",),
        ],
    ),
}


@pytest.mark.parametrize("name", FAILED)
def test_what_has_failed_once(name: str) -> None:
    play(FAILED[name])
