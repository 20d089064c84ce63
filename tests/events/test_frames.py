"""What a frame holds and what it only names."""

import json
from typing import Any

from beeper_async.events.frames import messages_of, parsed

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


def test_an_integer_beyond_64_bits_is_exact_and_no_misfit() -> None:
    whole = reference.example("messages.retrieve.text.json")
    attachments = [{"type": "img", "fileSize": 10**30}]
    frame = parsed(json.dumps({"entries": [{**whole, "attachments": attachments}]}).encode())
    assert frame is not None
    messages, _, odd = messages_of(frame)
    assert messages[0].to_dict()["attachments"] == attachments
    assert odd == []
