"""Comparing texts the way searches do."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any

_BREAK = re.compile(r"<(?:br|/p|/div|/li)\b[^<>]*>")
_TAG = re.compile(r"<[^<>]*>")
_PERSON_TEXTS = ("fullName", "username", "phoneNumber", "email")


def fold(text: str) -> str:
    """A text without the differences that a search looks past."""
    return unicodedata.normalize("NFC", text).casefold()


def query_words(query: str | None) -> list[str]:
    """The words of a query, ready for `has_all`."""
    return fold(query or "").split()


def has_all(words: list[str], text: str) -> bool:
    """Whether every word is somewhere in the text, in any order."""
    folded = fold(text)
    return all(word in folded for word in words)


def strip_markup(rich_text: str) -> str:
    """The text of a message without its markup."""
    return html.unescape(_TAG.sub("", _BREAK.sub(" ", rich_text)))


def person_text(person: dict[str, Any]) -> str:
    """Everything a person can be found by."""
    return " ".join(person[name] for name in _PERSON_TEXTS if name in person)


def comparable(name: str, value: str) -> str:
    """An identifier of a person in the form in which two spellings of it are equal."""
    if name == "phoneNumber":
        return re.sub(r"[^0-9]", "", value)
    return value.removeprefix("@").casefold() if name == "username" else value.casefold()
