"""What one reads of a message. Pure."""

import html
import re
from typing import Final

# Neither crosses another "<": the time to read a hostile text must not grow with its square.
_BREAKS = re.compile(r"</?(?:br|p|div|li|ul|ol|tr|h[1-6]|blockquote|pre)\b[^<>]*>", re.IGNORECASE)
_TAGS = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)

_QUOTE: Final = "<mx-reply>"
_END_OF_QUOTE: Final = "</mx-reply>"


def plain_text(rich_text: str) -> str:
    """Return Matrix HTML without its tags, line by line as one reads it.

    What a reply quotes of the message that it answers is left out: somebody else wrote that.
    """
    if rich_text.startswith(_QUOTE):
        rich_text = rich_text.partition(_END_OF_QUOTE)[2] or rich_text
    if "<" in rich_text:
        rich_text = _TAGS.sub("", _BREAKS.sub("\n", rich_text))
    return html.unescape(rich_text).strip()
