"""An order of the sort keys of messages, which are not always numbers. Pure."""

from typing import Final

from ..errors import InvalidInputError

_MOST_DIGITS: Final = 999
_COMPLEMENT: Final = str.maketrans("0123456789", "9876543210")


def sort_order(key: str) -> str:
    """Return a text by which the sort keys of messages are ordered, from old to new.

    Sort keys are texts. Nearly all of them are numbers, which don't sort as text: "99" is before
    "100". The result does, in Python and in databases that compare text by its characters, such as
    SQLite. Negative numbers come first, then the others, then keys that are no integers,
    ordered as text.

    Some networks renumber their messages, or give newer ones lower keys. So recognise a message by
    its chat and ID, and not by its sort key.

    Args:
        key: The `sort_key` of a message.

    Raises:
        InvalidInputError: `key` is not text.

    Example:
        from beeper_async import sort_order

        print(sorted(["100", "99", "-5", "x1"], key=sort_order))  # ['-5', '99', '100', 'x1']
    """
    if not isinstance(key, str):
        raise InvalidInputError(f"key must be text, not {type(key).__name__}.")
    sign, digits = ("-", key[1:]) if key.startswith("-") else ("", key)
    is_integer = digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS
    if not is_integer:
        return f"~{key}"
    digits = digits.lstrip("0") or "0"
    if not sign or digits == "0":
        return f"{len(digits):03}{digits}"
    return f"-{_MOST_DIGITS - len(digits):03}{digits.translate(_COMPLEMENT)}"
