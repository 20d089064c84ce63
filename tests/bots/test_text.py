"""Text as one reads it, and text that stays as it is."""

import re

import pytest
from hypothesis import given, strategies as st

from beeper_async.bots.about import text_of
from beeper_async.bots.text import escape_markdown, plain_text
from beeper_async.events.kinds import MessageCreated

from ..cases import case
from ..live import message


@pytest.mark.parametrize("one", case("text_html_or_not"), ids=lambda one: one["text"])
def test_what_is_html_and_what_is_not(one: dict[str, str]) -> None:
    assert plain_text(one["text"]) == one["plain"]


@pytest.mark.parametrize(
    ("rich", "plain"),
    [
        ("<P>one</P><p class='x'>two</p>", "one\n\ntwo"),
        ("<ul><li>a</li><li>b</li></ul>", "a\n\nb"),
        ("<s@example.com> wrote", "<s@example.com> wrote"),
        ("<base>x</base>", "<base>x</base>"),
        ("https://example.org/?a=1&copy=2", "https://example.org/?a=1&copy=2"),
        ("1 &lt; 2 &#128512; &#x1F600; &nosuch;", "1 < 2 😀 😀 &nosuch;"),
        ("<mx-reply>open", "open"),
    ],
)
def test_more_of_both(rich: str, plain: str) -> None:
    assert plain_text(rich) == plain


def test_hostile_texts_take_no_longer_than_they_are_long() -> None:
    # If it grew with the square, this would end with the time limit of a test.
    for text in ("<" * 200_000, "<p " * 100_000, "&" * 200_000, "&a" * 100_000):
        plain_text(text)
        escape_markdown(text)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b *c* `d`", r"a\_b \*c\* \`d\`"),
        ("# no heading", r"\# no heading"),
        ("1. no list\n- none\n  + none", "1\\. no list\n\\- none\n  \\+ none"),
        ("[a](b) <c> a & b", r"\[a\](b) \<c\> a \& b"),
        ("1.5 of 2-3", r"1\.5 of 2-3"),
        ("    no code", "\u00a0\u00a0\u00a0\u00a0no code"),
        ("a\n---", "a\n\\---"),
        ("plain words, nothing else!", "plain words, nothing else!"),
    ],
)
def test_what_is_escaped(text: str, escaped: str) -> None:
    assert escape_markdown(text) == escaped


@given(st.text(alphabet="ab1 .)*_~`#>+-=[]<>|&\\\n"))
def test_without_its_backslashes_it_is_the_text(text: str) -> None:
    escaped = escape_markdown(text)
    read = re.sub(r"\\([^a-z0-9\s])", r"\1", escaped).replace("\u00a0", " ")
    assert read == text
    assert not re.search(r"(?<!\\)[*_`~\[\]<>|&]", escaped.replace("\\\\", ""))


def test_a_template_of_the_app_is_filled_in() -> None:
    event = MessageCreated(message=message(text="{{sender}} reacted 👍", sender_name="Ann"))
    assert text_of(event) == "Ann reacted 👍"
