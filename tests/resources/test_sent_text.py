"""Whether a message is recognised by its text, and that looking costs no more than reading it."""

import time

import pytest

from beeper_async.resources.sent_text import shows

SAME = [
    ("plain", "plain"),
    ("plain", "<p>plain</p>"),
    ("**bold** and _slanted_", "<p><strong>bold</strong> and <em>slanted</em></p>"),
    ("**bold** and _slanted_", "bold and slanted"),
    ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
    ("a < b & c > d", "a < b & c > d"),
    ("std::vector<int> v;", "std::vector<int> v;"),
    ("std::vector<int> v;", "<p>std::vector&lt;int&gt; v;</p>"),
    ("/mail <me@example.com> hello", "/mail <me@example.com> hello"),
    ("i <3 you", "i &lt;3 you"),
    ("AT&T", "<b>AT&amp;T</b>"),
    ("[a](https://x.org/A_(b)) c", '<a href="https://x.org/A_(b)">a</a> c'),
    ("[a](https://x.org/A_(b)) c", "[a](https://x.org/A_(b)) c"),
    ("[a](no end", "[a](no end"),
    ("1. one\n2. two", "<ol><li>one</li><li>two</li></ol>"),
    ("1. one\n2. two", "1. one<br>2. two"),
    ("```python\nx = 1\n```", '<pre><code class="language-python">x = 1\n</code></pre>'),
    ("new", "<mx-reply><blockquote>old</blockquote></mx-reply>new"),
    ("***", "***"),
    ("!", "<p>!</p>"),
    ("half \ufffd", "half \ufffd"),
    ("&#" + "9" * 5000 + ";", "&#" + "9" * 5000 + ";"),
]  # fmt: skip
OTHER = [
    ("one two", "one three"),
    ("!", "?!"),
    ("!", None),
    ("text", None),
    ("one", "one <b>two</b>"),
]


@pytest.mark.parametrize(("sent", "shown"), SAME)
def test_a_text_is_recognised_in_both_forms(sent: str, shown: str) -> None:
    assert shows(sent, shown)


@pytest.mark.parametrize(("sent", "shown"), OTHER)
def test_another_text_is_not(sent: str, shown: str | None) -> None:
    assert not shows(sent, shown)


def seconds(text: str) -> float:
    """Return the processor time of a comparison, the least of some."""
    times: list[float] = []
    for _ in range(5):
        begin = time.thread_time()
        shows(text, text + ".")
        times.append(time.thread_time() - begin)
    return min(times)


PARTS = [
    "[", "](", "](a", "[a](", "[a](b)", "(", ")", "<", "<a", "<a>", "&", "&#", "&#9", "&#x", "`",
    "```", "```a`", "```\n", "1", "1. ", "1.\n", " ", "\n", "*", "<mx-reply>", "</mx-reply>",
]  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_a_text_of_eight_times_the_length_takes_about_eight_times_as_long(part: str) -> None:
    """Work that grows with the square of the length would take 64 times as long."""
    short, long = seconds(part * 4_000), seconds(part * 32_000)
    assert long < 32 * short
