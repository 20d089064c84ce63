"""Text as one reads it, and text that stays as it is. Pure."""

import html
import re
from typing import Final

# `text` is HTML in some messages and plain text in others, and no field says which. So only what
# networks are known to send counts as markup: `<me@example.com>` and `vector<int>` are none.
_NAMES: Final = (
    "a|b|i|u|s|p|br|em|strong|del|code|pre|span|div|img|ul|ol|li|h[1-6]|blockquote|font|table|tr|td"
    "|th|mx-reply"
)
_BROKEN: Final = "br|p|div|li|ul|ol|tr|h[1-6]|blockquote|pre"
# Neither crosses another "<": the time to read a hostile text must not grow with its square.
_BREAKS: Final = re.compile(rf"</?(?:{_BROKEN})(?=[\s/>])[^<>]*>", re.IGNORECASE)
TAGS: Final = re.compile(rf"</?(?:{_NAMES})(?=[\s/>])[^<>]*>", re.IGNORECASE)
"""The markup that networks are known to send."""
# Without its semicolon, `&copy=1` of an address would be a character.
CHARACTER: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
"""A character written by its name or number."""

_QUOTE: Final = "<mx-reply>"
_END_OF_QUOTE: Final = "</mx-reply>"

_MARKUP: Final = re.compile(r"[\\`*_~\[\]<>|&]")
# What makes a heading, a list, a rule or a quote, at the start of a line alone.
_LINE_START: Final = re.compile(r"^([ \t]*)([#+=-]|[0-9]{1,9}(?=[.)]))", re.MULTILINE)
_INDENT: Final = re.compile(r"^(?: {4,}| *\t[ \t]*)", re.MULTILINE)


def plain_text(rich_text: str) -> str:
    """Return the text of a message without markup, line by line as one reads it.

    Removes the HTML elements that networks are known to send, and leaves everything else as it is.
    What a reply quotes of the message that it replies to is left out: somebody else wrote that.

    Args:
        rich_text: The `text` of a message: HTML or plain text.

    Returns:
        The plain text, without white space at its ends.

    Example:
        print(plain_text("<p>AT&amp;T, <b>now</b></p>"))  # AT&T, now
    """
    rich_text = without_quote(rich_text)
    if "<" in rich_text:
        rich_text = TAGS.sub("", _BREAKS.sub("\n", rich_text))
    if "&" in rich_text:
        rich_text = CHARACTER.sub(lambda found: html.unescape(found[0]), rich_text)
    return rich_text.strip()


def without_quote(rich_text: str) -> str:
    """Return a text without what a reply quotes at its start."""
    if rich_text.startswith(_QUOTE):
        return rich_text.partition(_END_OF_QUOTE)[2] or rich_text
    return rich_text


def escape_markdown(text: str) -> str:
    r"""Return a text such that the app shows it as it is, without reading Markdown in it.

    Written for CommonMark: punctuation gets a backslash, and the spaces of a deep indentation
    become non-breaking ones.

    Args:
        text: Plain text, e.g. what somebody else wrote.

    Returns:
        The text as Markdown.

    Example:
        print(escape_markdown("2 * 3 * 4"))  # 2 \* 3 \* 4
    """
    text = _MARKUP.sub(r"\\\g<0>", text)
    text = _LINE_START.sub(_escaped_start, text)
    return _INDENT.sub(lambda found: "\u00a0" * len(found[0].expandtabs(4)), text)


def _escaped_start(found: re.Match[str]) -> str:
    indent, mark = found.groups()
    # A number can't be escaped; the sign behind it can.
    return f"{indent}{mark}\\" if mark[0].isdigit() else f"{indent}\\{mark}"
