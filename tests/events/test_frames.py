"""What a frame holds."""

import json

from beeper_async.events.frames import exact, ids_of, parsed, raw_time


def test_an_integer_beyond_64_bits_is_read_again() -> None:
    text = json.dumps({"size": 10**30}).encode()
    frame = parsed(text)
    assert frame == {"size": 1e30}
    assert exact(text, frame) == {"size": 10**30}


def test_only_what_can_be_one_is_an_id() -> None:
    assert ids_of({"ids": ["1", "", 5, None, ".", "..", "2"]}) == ["1", "2"]
    assert ids_of({"ids": "1"}) == []


def test_the_time_of_a_record_that_can_not_be_read() -> None:
    assert raw_time({"timestamp": "1970-01-01T00:00:01Z"}) == 1
    assert raw_time({"timestamp": "soon"}) is None
    assert raw_time({"timestamp": 5}) is None
