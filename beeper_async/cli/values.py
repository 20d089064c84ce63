"""Checks of what follows an option. click puts the option's name in front of the error."""

from collections.abc import Callable

import click


def whole_number(least: int) -> Callable[[click.Context, click.Parameter, str | None], int | None]:
    """Return a callback that takes whole numbers.

    Args:
        least: The least number allowed, 0 or more.
    """

    def check(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
        if text is None:
            return None
        # The length keeps out what int() refuses; nobody has that many chats.
        if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) < least:
            raise click.BadParameter(f"must be a whole number, {least} or more")
        return int(text)

    return check


def each_words(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> tuple[str, ...]:
    """Check the texts of an option that may be given several times."""
    for text in texts:
        words(context, parameter, text)
    return texts


def words(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    """Check a text that must have a word in it."""
    if text is None:
        return None
    if not text.strip():
        raise click.BadParameter("must have at least one word")
    if any("\ud800" <= character <= "\udfff" for character in text):
        # Python's stand-ins for bytes of the command line that it could not read.
        raise click.BadParameter("must be text in the encoding of the terminal")
    return text
