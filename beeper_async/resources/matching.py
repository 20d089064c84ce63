"""Which chats and people a text names. Pure.

The rule: two texts are the same if they are equal after NFC, case folding, and removal of trailing
emoji and blanks. With `exact`, they are the same if they are equal character for character.

- A chat is named by its ID, its local ID and its title.
- A person is named by name, username (with or without `@`), email address, user ID, and by phone
  number if both are E.164.
- A direct chat is also named by the other person. A group is not: a message to somebody must not
  reach everybody. A title that is a phone number names its direct chat as a phone number does.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Any, Final, cast

from ..models.chat import Chat
from ..models.user import User
from .phone_numbers import digits_of, e164

_CLOSE: Final = 0.8
"""Share of two texts that must be alike for one to be a hint for the other."""
_HINT_LENGTH: Final = 100
_FEWEST_DIGITS: Final = 6

# Extended_Pictographic of Unicode but for signs that are text unless U+FE0F follows, such as ©.
_PICTOGRAPHS: Final = (
    "\u231a\u231b\u2328\u2388\u23cf\u23e9-\u23f3\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0"
    "\u25fb-\u25fe\u2600-\u2605\u2607-\u2612\u2614-\u2685\u2690-\u2705\u2708-\u2712\u2714\u2716"
    "\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757\u2763-\u2767"
    "\u2795-\u2797\u27a1\u27b0\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d"
    "\u3297\u3299\U0001f000-\U0001f0ff\U0001f10d-\U0001f10f\U0001f12f\U0001f16c-\U0001f171"
    "\U0001f17e\U0001f17f\U0001f18e\U0001f191-\U0001f19a\U0001f1ad-\U0001f1ff\U0001f201-\U0001f20f"
    "\U0001f21a\U0001f22f\U0001f232-\U0001f23a\U0001f23c-\U0001f23f\U0001f249-\U0001f53d"
    "\U0001f546-\U0001f64f\U0001f680-\U0001f6ff\U0001f774-\U0001f77f\U0001f7d5-\U0001f7ff"
    "\U0001f80c-\U0001f80f\U0001f848-\U0001f84f\U0001f85a-\U0001f85f\U0001f888-\U0001f88f"
    "\U0001f8ae-\U0001f8ff\U0001f90c-\U0001f93a\U0001f93c-\U0001f945\U0001f947-\U0001faff"
    "\U0001fc00-\U0001fffd"
)
# One emoji, read from its end: tags of a flag, skin tone, style, sign; or a keycap; or text with
# the style of an emoji. Backwards, so that a long text without emoji at its end costs nothing.
_REVERSED: Final = (
    "(?:[\U000e0020-\U000e007f]*[\U0001f3fb-\U0001f3ff]?[\ufe0e\ufe0f]?"
    f"[{_PICTOGRAPHS}]"
    "|\u20e3\ufe0f?[0-9#*]"
    "|\ufe0f[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa])"
)
_TRAILING: Final = re.compile(rf"(?:\s|{_REVERSED}(?:\u200d{_REVERSED})*)*")


def comparable(text: str) -> str:
    """Return the form in which two texts of the same meaning are equal; see the rule above.

    A text of nothing but emoji keeps them, or all such texts would be the same.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    ending = _TRAILING.match(folded[::-1])
    kept = folded[: len(folded) - ending.end()] if ending else folded
    return kept or folded.strip()


class Matcher:
    """Compares chats and people with the text that names one of them.

    Args:
        text: What is looked for.
        exact: True compares character for character.
    """

    def __init__(self, text: str, *, exact: bool = False) -> None:
        self.text: str = text
        self._exact = exact
        self._folded = comparable(text)
        self._handle = self._folded.removeprefix("@")
        self._number = None if exact else e164(text)
        self._digits = digits_of(text)
        self._likeness = SequenceMatcher(b=self._folded[:_HINT_LENGTH], autojunk=False)

    def fits_chat(self, chat: Chat) -> bool:
        """Whether the text names this chat."""
        if self.text in (chat.id, chat.local_chat_id) or self._same(chat.title):
            return True
        if chat.type != "single":
            return False
        return self._same_number(chat.title) or any(map(self.fits_person, others_in(chat)))

    def fits_person(self, person: User) -> bool:
        """Whether the text names this person."""
        return (
            self.text == person.id
            or self._same(person.full_name)
            or self._same(person.email)
            or self._same_username(person.username)
            or self._same(person.phone_number)
            or self._same_number(person.phone_number)
        )

    def may_fit(self, raw: Any) -> bool:
        """Whether a record that can't be read has a text that would name it."""
        return any(
            text == self.text
            or self._same(text)
            or self._same_username(text)
            # A number of a record that can't be read may have any spelling.
            or (self._number is not None and e164(text) == self._number)
            for text in _texts_in(raw)
        )

    def likeness_of_chat(self, chat: Chat) -> float:
        """Return how good a hint a chat is, from 0 to 1, its people included."""
        people = others_in(chat)
        return max(self._likeness_of(chat.title), *map(self.likeness_of_person, people), 0.0)

    def likeness_of_person(self, person: User) -> float:
        """Return how good a hint a person is, from 0 to 1."""
        number = digits_of(person.phone_number or "")
        if len(self._digits) >= _FEWEST_DIGITS and number.endswith(self._digits.lstrip("0")):
            return 1.0
        named = (person.full_name, person.username, person.email)
        return max(self._likeness_of(text) for text in named)

    def _same(self, text: str | None) -> bool:
        if text is None:
            return False
        return text == self.text if self._exact else comparable(text) == self._folded

    def _same_username(self, username: str | None) -> bool:
        if username is None or self._exact:
            return self._same(username)
        return bool(self._handle) and comparable(username).removeprefix("@") == self._handle

    def _same_number(self, text: str | None) -> bool:
        return text is not None and self._number is not None and e164(text) == self._number

    def _likeness_of(self, text: str | None) -> float:
        other = comparable((text or "")[:_HINT_LENGTH])
        if not other:
            return 0.0
        if self._folded in other:
            return 1.0
        likeness = self._likeness
        likeness.set_seq1(other)
        if likeness.real_quick_ratio() < _CLOSE or likeness.quick_ratio() < _CLOSE:
            return 0.0
        ratio = likeness.ratio()
        return ratio if ratio >= _CLOSE else 0.0


def others_in(chat: Chat) -> Iterable[User]:
    """Return the people of a chat, without the user and the bots of networks."""
    people = chat.participants.items
    return [one for one in people if not one.is_self and not one.is_network_bot]


def _texts_in(raw: Any) -> Iterator[str]:
    """Yield every text of a JSON value."""
    left = [raw]
    while left:
        value = left.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            left.extend(cast("dict[str, Any]", value).values())
        elif isinstance(value, list):
            left.extend(cast("Iterable[Any]", value))
