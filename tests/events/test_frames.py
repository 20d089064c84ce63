"""What a frame holds and what it only names."""

from typing import Any

from beeper_async.events.frames import messages_of

from .. import reference


def test_what_a_frame_only_names_has_to_be_fetched() -> None:
    whole = reference.example("messages.retrieve.text.json")
    frame: dict[str, Any] = {
        "ids": ["1", whole["id"], "1", "", 5],
        "entries": [whole, {"id": "1"}, {"id": "2", "reactions": []}, {"id": ".."}, {}, "x", None],
    }
    messages, missing, _ = messages_of(frame)
    assert [message.id for message in messages] == [whole["id"]]
    assert missing == ["1", "2"], "the second one is in no list of IDs"
