"""The order of sort keys, which are numbers nearly always."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

import beeper_async
import beeper_sync
from beeper_async import InvalidInputError, sort_order


@given(st.lists(st.integers()))
@example([99, 100, -99, -100, 0, 10**18, 10**19, -(10**19)])
def test_numbers_are_ordered_as_numbers(numbers: list[int]) -> None:
    keys = sorted(map(str, numbers), key=sort_order)
    assert [int(key) for key in keys] == sorted(numbers)


@given(st.integers(), st.integers(), st.integers(0, 3))
def test_zeros_in_front_change_nothing(one: int, other: int, zeros: int) -> None:
    padded = ("-" if one < 0 else "") + "0" * zeros + str(abs(one))
    assert sort_order(padded) == sort_order(str(one))
    assert (sort_order(padded) < sort_order(str(other))) == (one < other)


def test_all_kinds_have_their_place() -> None:
    keys = ["-12", "-3", "0", "5", "12", "9" * 999, "", "-", "1.5", "1" * 1000, "a1", "ä", "１２"]
    assert all(sort_order(one) < sort_order(other) for one, other in pairwise(keys))


@given(st.text(), st.text())
def test_text_by_bytes_is_ordered_alike(one: str, other: str) -> None:
    first, second = sort_order(one), sort_order(other)
    written = [text.encode("utf-8", "surrogatepass") for text in (first, second)]
    assert (first < second) == (written[0] < written[1])


@pytest.mark.parametrize("key", [None, 5, b"5"])
def test_keys_are_text(key: Any) -> None:
    with pytest.raises(InvalidInputError, match="key must be text"):
        sort_order(key)


def test_both_packages_have_it() -> None:
    assert beeper_sync.sort_order is beeper_async.sort_order
