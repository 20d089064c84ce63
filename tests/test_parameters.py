"""The checks of parameters at their edges, one by one."""

from typing import Any

import pytest

from beeper_async import InvalidInputError, parameters
from beeper_async.omit import omit


@pytest.mark.parametrize("value", [None, omit, "", "ab", "abc", ["a", "b", "c"]])
def test_what_is_no_longer_than_allowed(value: Any) -> None:
    assert parameters.shorter_than("name", value, 3) is value


@pytest.mark.parametrize("value", ["abcd", ["a", "b", "c", "d"]])
def test_what_is_longer(value: Any) -> None:
    with pytest.raises(InvalidInputError, match="name must have 3 characters at most"):
        parameters.shorter_than("name", value, 3)
    with pytest.raises(InvalidInputError, match="1,000 characters"):
        parameters.shorter_than("name", "x" * 1001, 1000)


@pytest.mark.parametrize("value", [None, omit, [], ["a"], ["a", "b"]])
def test_lists_of_words_may_be_left_out(value: Any) -> None:
    assert parameters.each_of("name", value, "a", "b") is value


@pytest.mark.parametrize("value", ["a", ["a", "c"], [1]])
def test_other_words_are_refused(value: Any) -> None:
    with pytest.raises(InvalidInputError, match="name must be"):
        parameters.each_of("name", value, "a", "b")
