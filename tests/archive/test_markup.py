"""Text of messages as HTML: nothing but a few elements and escaped text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, strategies as st

from beeper_async.archive.exports.markup import safe_html
from beeper_async.bots import plain_text

from .stored import HOSTILE

LINK = 'target="_blank" rel="noopener noreferrer"'
CASES = (
    ("/mail <me@example.com> hello", "/mail &lt;me@example.com&gt; hello"),
    ("std::vector<int> v;", "std::vector&lt;int&gt; v;"),
    ("a < b and c > d", "a &lt; b and c &gt; d"),
    ("i <3 you", "i &lt;3 you"),
    ("AT&T", "AT&amp;T"),
    ("<b>AT&amp;T</b>", "<b>AT&amp;T</b>"),
    ("<p>real <b>html</b></p>", "<p>real <b>html</b></p>"),
    ("line one<br>line two<BR/>", "line one<br>line two<br>"),
    ("<mx-reply><blockquote>old</blockquote></mx-reply>new", "new"),
    (
        '<a href="https://example.org/?a=1&amp;b=2" onclick="x()">t</a>',
        f'<a href="https://example.org/?a=1&amp;b=2" {LINK}>t</a>',
    ),
    ("<a href='mailto:a@b.org'>m</a>", f'<a href="mailto:a@b.org" {LINK}>m</a>'),
    ('<a href="javascript:alert(1)">x</a>', "x"),
    ('<a href=" java\nscript:alert(1)">x</a>', "x"),
    ('<a href="data:text/html,x">x</a>', "x"),
    ('<a href="//evil.example">x</a><a>y</a><a href>z</a>', "xyz"),
    (
        '<a href="https://a.org/" href="javascript:1">x</a>',
        f'<a href="https://a.org/" {LINK}>x</a>',
    ),
    (
        "see https://a.org/b?c=d&e.",
        f'see <a href="https://a.org/b?c=d&amp;e" {LINK}>https://a.org/b?c=d&amp;e</a>.',
    ),
    ("<ul><li>one<li>two</ul>", "<ul><li>one<li>two</li></li></ul>"),
    ("<b>open <i>and open", "<b>open <i>and open</i></b>"),
    ("</b></div>closed</p>", "closed"),
    ('<span style="background:url(http://x)">s</span>', "s"),
    ('<img src="http://evil.example/pixel.png">', ""),
    ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ("<h1>T</h1><div>a</div><div>b</div>", "T<br>a<br>b<br>"),
    ("<!-- c --><?php x ?><![CDATA[d]]>", "&lt;!-- c --&gt;&lt;?php x ?&gt;&lt;![CDATA[d]]&gt;"),
)
ALLOWED = {"b", "i", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "br", "p", "a"}


class Reader(HTMLParser):
    """Notes what a browser would find, and whether it is nested."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED
        values = dict(attrs)
        if tag == "a":
            assert set(values) == {"href", "target", "rel"}
            assert (values["href"] or "").lower().startswith(("http://", "https://", "mailto:"))
        else:
            assert values == {}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration")

    def handle_pi(self, data: str) -> None:
        raise AssertionError("an instruction")


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_what_becomes_of_a_text(text: str, expected: str) -> None:
    shown = safe_html(text)
    assert shown == expected
    Reader(shown)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_become_text(text: str) -> None:
    Reader(safe_html(text))


PIECES = st.sampled_from(
    [
        *("<b>", "</b>", "<a href='http://x.org'>", "</a>", "<p", ">", '"', "'", "<", "&lt;"),
        *("<ul>", "</ul>", "<li>", "<br>", "javascript:", "<a href=", "http://y.org/", "<script>"),
        *("</script>", "<!--", "-->", "<![CDATA[", " ", "\n", "\x00", "text", "<div>", "&#60;"),
        *("<mx-reply>", "</mx-reply>"),
    ]
)


@given(st.lists(PIECES).map("".join))
def test_pieces_in_any_order_stay_within_the_list(text: str) -> None:
    Reader(safe_html(text))


@given(st.text())
def test_words_of_a_plain_text_all_stay(text: str) -> None:
    if "<" not in text and "&" not in text and "\x00" not in text and "\r" not in text:
        assert Reader(safe_html(text)).text.split() == plain_text(text).split()


@pytest.mark.parametrize(
    "text",
    [
        *("<b>" * 300_000, "<a " * 300_000, "<" * 1_000_000, "<a href='x" + "a " * 500_000 + ">"),
        *("http://" * 150_000, "http://" + "!" * 1_000_000, "&" * 1_000_000, "<!--" * 250_000),
    ],
)
def test_a_megabyte_of_markup_ends(text: str) -> None:
    assert safe_html(text).count("<b>") <= 30
