"""Text as a list of words to compare, and what somebody searches for. Pure.

Words are compared without case, accents and compatibility forms. Scripts that are written without
spaces have no words that a program could tell apart, so each character is one: a search for two of
them is a search for these two next to each other. Hangul is treated the same way, for its words end
in particles; so are emoji.

The full-text index of SQLite separates words in its own way, so it only proposes messages: what it
is given (`index_form`) holds at least the words of the text, and `Query.matches` decides. That is
why results are the same without it.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from attrs import frozen

from ..._validation import hides_values
from ...errors import InvalidInputError

FORM: Final = f"1 {unicodedata.unidata_version}"
"""Version of what `index_form` returns; an index of another one is built anew."""
MOST_CHARACTERS: Final = 1_000
MOST_TERMS: Final = 50

# Accents of Latin, Greek and Cyrillic letters, and vowel signs that Hebrew and Arabic may omit.
_ACCENTS: Final = "\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640"
# Invisible in words and emoji: hyphens of layout, joiners, directions, variants.
_INVISIBLE: Final = "\u00ad\u200c-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff"
_DROPPED: Final = re.compile(f"[{_ACCENTS}{_INVISIBLE}]+")
# Thai, Lao and Tibetan, Burmese, Hangul letters, Khmer, symbols, East Asia, and all that is rare.
_SINGLE: Final = (
    "\u0e01-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2190-\u2bff\u3005-\u3007\u3031-\u318f"
    "\u31a0-\u31ff\u3400-\u4dbf\u4e00-\ua4cf\uac00-\ud7ff\U00010000-\U0010ffff"
)
# A letter of India is written with marks around it, which Python does not count as part of a word.
_MARKS: Final = "".join(
    chr(code)
    for start, end in ((0x0300, 0x1D00), (0xA800, 0xAC00))
    for code in range(start, end)
    if unicodedata.category(chr(code)).startswith("M")
)
_WORD: Final = re.compile(f"[{_SINGLE}][{_MARKS}]*|(?:(?![{_SINGLE}])[^\\W_]|[{_MARKS}])+")
_ASCII_WORD: Final = re.compile("[a-z0-9]+")
_SYMBOL: Final = re.compile("[\u2190-\u2bff\U00010000-\U0010ffff]")

_TERM: Final = re.compile(r'"([^"]*)"?(\*?)|([^\s"]+)')


def words_of(text: str) -> list[str]:
    """Return the words of a text in their order."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    folded = _DROPPED.sub("", unicodedata.normalize("NFKD", text.casefold()))
    # Some signs are only decomposed by a small letter (and the other way round).
    return _WORD.findall(unicodedata.normalize("NFKC", folded.casefold()))


def index_form(text: str) -> str:
    """Return a text in which the index of SQLite finds all words of another one."""
    return text if text.isascii() else " ".join(map(_indexed, words_of(text)))


def _indexed(word: str) -> str:
    # SQLite takes symbols, and letters beyond the first 65,536, for spaces.
    return f"u{ord(word[0]):x}" if _SYMBOL.match(word) else word


class Term(NamedTuple):
    """Words that have to stand next to each other."""

    words: tuple[str, ...]
    is_prefix: bool
    """Whether the last one may be the beginning of a word."""

    def is_in(self, words: Sequence[str]) -> bool:
        """Return whether a list of words has the term."""
        first, *rest = self.words
        last = len(words) - len(rest)
        if not rest and self.is_prefix:
            return any(word.startswith(first) for word in words)
        place = -1
        while True:
            try:
                place = words.index(first, place + 1, last)
            except ValueError:
                return False
            if self._is_at(words, place):
                return True

    def _is_at(self, words: Sequence[str], place: int) -> bool:
        count = len(self.words)
        found = tuple(words[place : place + count])
        if not self.is_prefix:
            return found == self.words
        return found[:-1] == self.words[:-1] and found[-1].startswith(self.words[-1])


@frozen
class Query:
    """What somebody searches for: all of its terms."""

    terms: tuple[Term, ...]

    def matches(self, text: str) -> bool:
        """Return whether a text has all terms."""
        words = words_of(text)
        return all(term.is_in(words) for term in self.terms)

    def expression(self) -> str:
        """Return an expression of SQLite's full-text search that finds at least what matches.

        It holds nothing but words of letters and digits between quotes.
        """
        return " AND ".join(
            f'"{" ".join(map(_indexed, term.words))}"' + " *" * term.is_prefix
            for term in self.terms
        )


@hides_values
def parse_query(text: str) -> Query:
    """Read what somebody typed: words, `"phrases"`, and the beginnings of words with `*`.

    Nothing else has a meaning, so nothing is a syntax error.

    Raises:
        InvalidInputError: It is no text, is too long, or has no letter, digit or symbol.
    """
    if not isinstance(text, str):
        raise InvalidInputError(f"words must be text, not {type(text).__name__}.")
    if len(text) > MOST_CHARACTERS:
        raise InvalidInputError(f"words must have at most {MOST_CHARACTERS:,} characters.")
    terms = tuple(dict.fromkeys(_terms(text)))
    if not terms:
        raise InvalidInputError("words must have at least one letter, digit or symbol.")
    if len(terms) > MOST_TERMS:
        raise InvalidInputError(f"words must have at most {MOST_TERMS} words or phrases.")
    return Query(terms)


def _terms(text: str) -> Iterator[Term]:
    for phrase, star, word in _TERM.findall(text):
        words = tuple(words_of(phrase or word))
        if words:
            yield Term(words, bool(star) or word.endswith("*"))
