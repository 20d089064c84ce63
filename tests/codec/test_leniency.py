"""Damage of any kind costs the smallest unit around it, and nothing is lost without a word."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from beeper_async import models
from beeper_async._codec.decoder import decode_leniently, decode_page
from beeper_async._codec.encoder import encode
from beeper_async._codec.errors import DecodeError
from beeper_async._codec.json_text import JSONError, loads, loads_exactly
from beeper_async.models import Attachment, Chat, Label, Message
from beeper_async.models.page import CursorPage

from .. import reference

# Every page of the reference, with the model of its items.
EXAMPLES: dict[str, Any] = {
    entry["file"]: getattr(models, entry.get("item") or "Message")
    for entry in reference.EXAMPLES
    if entry["model"] in ("CursorPage", "SearchMessagesResult")
    and reference.example(entry["file"])["items"]
}
ODD = st.sampled_from(
    [None, True, 0, -1, 1.5, 2**70, "", "\ufffd", "x" * 5000, [], {}, [None], {"id": 1}]
)


def places_in(value: Any) -> list[tuple[Any, Any]]:
    """List every (container, key) below a value."""
    found: list[tuple[Any, Any]] = []
    pending: list[Any] = [value]
    while pending:
        one = pending.pop()
        keys: list[Any] = list(one if one.__class__ is dict else range(len(one)))
        for key in keys:
            found.append((one, key))
            if one[key].__class__ in (dict, list):
                pending.append(one[key])
    return found


@given(st.data())
@pytest.mark.parametrize("name", EXAMPLES)
def test_damage_to_one_item_costs_no_other(name: str, data: st.DataObject) -> None:
    page = copy.deepcopy(reference.example(name))
    index = data.draw(st.integers(0, len(page["items"]) - 1))
    container, key = data.draw(st.sampled_from(places_in(page["items"][index])))
    if isinstance(container, dict) and data.draw(st.booleans()):
        del container[key]
    else:
        container[key] = data.draw(ODD)
    received = copy.deepcopy(page)
    item: Any = EXAMPLES[name]
    page_type: Any = CursorPage[item]
    decoded = decode_page(page_type, page)
    lost = {misfit.index for misfit in decoded.misfits if misfit.item is None}
    assert lost <= {index}
    expected = [one for at, one in enumerate(received["items"]) if at not in lost]
    assert encode(decoded.value.items) == expected, "what is there is what was received"
    assert [misfit.raw for misfit in decoded.misfits] == [
        received["items"][misfit.index] for misfit in decoded.misfits if misfit.index is not None
    ]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_any_json_at_all_is_decoded_or_refused(value: Any) -> None:
    for tp in (Message, Chat, list[Message], dict[str, Any]):
        try:
            decode_leniently(tp, value)
        except DecodeError as error:
            assert error.problems


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
    )
)
def test_what_javascript_writes_is_read(value: Any) -> None:
    text = json.dumps(value).encode()  # escapes everything, lone surrogates too
    expected = json.loads(text)
    assert loads_exactly(text) == expected
    assert loads_exactly(b"\xef\xbb\xbf" + text) == expected


@given(st.text(st.characters(codec=None, categories=["L", "Cs"])))
def test_half_of_a_pair_is_replaced_and_the_rest_is_as_it_was(text: str) -> None:
    paired = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    read = loads(json.dumps(text).encode())
    read.encode()
    assert len(read) == len(paired)
    assert [a for a, b in zip(read, paired, strict=True) if b != "\ufffd"] == [
        b for b in paired if b != "\ufffd"
    ]


@pytest.mark.parametrize("text", [b"", b"{", b"NaN", b"[Infinity]", b"[" * 100_000, b"<html>"])
def test_what_is_no_json(text: bytes) -> None:
    for read in (loads, loads_exactly):
        with pytest.raises(JSONError):
            read(text)


@pytest.mark.parametrize("number", [1e19, -1e19, 1e300])
def test_a_float_of_any_size_is_a_number(number: float) -> None:
    decoded = decode_leniently(Attachment, {"type": "img", "fileSize": number})
    assert (decoded.value.file_size, decoded.misfits) == (number, ())


def test_a_bad_entry_of_a_list_is_a_record_of_its_own() -> None:
    labels: list[Any] = reference.example("labels.list.json")
    bad = {**labels[0], "id": None}
    decoded = decode_leniently(list[Label], [labels[0], bad, *labels[1:], None])
    assert encode(decoded.value) == labels
    assert [(one.index, one.raw, one.item) for one in decoded.misfits] == [
        (1, bad, None),
        (len(labels) + 1, None, None),
    ]
    assert decoded.misfits[0].problems == ("[1].id: null, but required",)
    anything = [None, 1e19, {"a": None}]
    assert decode_leniently(list[Any], anything).value == anything


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**30])
def test_integers_of_any_size_stay_exact(number: int) -> None:
    assert loads_exactly(json.dumps({"a": [number]}).encode()) == {"a": [number]}
