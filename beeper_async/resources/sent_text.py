"""Whether a message shows a text that was sent, whatever the app made of it.

The app takes Markdown. What it gives back is HTML in some messages and plain text in others, and no
field tells which. So both readings are compared, without markup and white space. Everything is done
in one pass over the text: a message can be long, and made to be slow.
"""

import html
import re
from typing import Final

_TAG: Final = re.compile(r"<[^<>]*>")
# html.unescape fails on numbers of thousands of digits; no character has more than seven.
_CHARACTER_NUMBER: Final = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")
# The number of a list item, and the language of a code block, become markup.
_LIST_NUMBER: Final = re.compile(r"^[ \t]{0,8}[0-9]{1,9}[.)](?=\s)", re.MULTILINE)
_CODE_LANGUAGE: Final = re.compile(r"^[ \t]{0,8}(?:```|~~~)[^\n`]*$", re.MULTILINE)
_NO_MARKUP: Final = str.maketrans("", "", "*_~`#>[]()!|\\-+")


def shows(sent: str, shown: str | None) -> bool:
    """Return whether a message that shows one text can be one that was sent with another."""
    return not words_sent(sent).isdisjoint(words_shown(shown))


def words_sent(text: str) -> set[str]:
    """Return what one may read of a text that is sent, without markup and white space."""
    return {_words_of(one) for one in {text, _without_blocks(text)}}


def words_shown(text: str | None) -> set[str]:
    """Return the same of a text that the app shows, which is HTML or plain."""
    shown = text or ""
    return {
        _words_of(one) for one in {shown, _unescaped(_TAG.sub("", _without_quoted_reply(shown)))}
    }


def _words_of(text: str) -> str:
    """Return the characters that count. If none does, all but white space do."""
    visible = "".join(_without_link_targets(text).split())
    return visible.translate(_NO_MARKUP) or visible


def _without_blocks(text: str) -> str:
    return _LIST_NUMBER.sub("", _CODE_LANGUAGE.sub("", text))


def _without_quoted_reply(text: str) -> str:
    before, opened, rest = text.partition("<mx-reply>")
    _, closed, after = rest.rpartition("</mx-reply>")
    return before + after if opened and closed else text


def _unescaped(text: str) -> str:
    return html.unescape(_CHARACTER_NUMBER.sub("", text))


def _without_link_targets(text: str) -> str:
    """Leave of `[words](target)` the words. A target may have parentheses in pairs."""
    first, *others = text.split("](")
    return first + "".join(_after_target(part) for part in others)


def _after_target(part: str) -> str:
    """Return what follows a target, or all if the link has no end."""
    if "(" not in part:
        _, end, after = part.partition(")")
        return after if end else part
    depth = 1
    for index, char in enumerate(part):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return part[index + 1 :]
    return part
