"""Commands: what somebody typed, and the arguments in it. Pure."""

import inspect
import re
import unicodedata
from collections.abc import Callable, Collection
from typing import Any, Final

from attrs import frozen

from ..errors import InvalidInputError
from .errors import UsageError
from .readers import UNREADABLE, Reader, reader_of

# Phones add these while somebody types; nobody sees them.
_INVISIBLE: Final = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]"
)
_LONGEST_SHOWN: Final = 40
_WORD: Final = re.compile(r"\S+")
_QUOTES: Final = {'"': '"', "“": "”", "”": "”", "„": "“”", "«": "»", "»": "«"}
_KINDS: Final[dict[Any, str]] = {
    inspect.Parameter.VAR_POSITIONAL: "words",
    inspect.Parameter.KEYWORD_ONLY: "rest",
}
_CLOSING: Final = {one: re.compile(rf"[{end}](?=\s|$)") for one, end in _QUOTES.items()}


@frozen
class Call:
    """A command as it was typed."""

    name: str
    """Its name, in the form in which names are compared."""
    rest: str
    """What follows, as it was typed, without white space at its ends."""


def key_of(name: str) -> str:
    """Return the form in which a name is compared: without case and what is invisible."""
    name = unicodedata.normalize("NFC", _INVISIBLE.sub("", name)).casefold()
    return unicodedata.normalize("NFC", name)


def parse_call(text: str, prefix: str, names: Collection[str] = ()) -> Call | None:
    """Return the command that a text begins with, or None if it begins with none.

    Args:
        text: The plain text of a message.
        prefix: What commands begin with.
        names: What the bot may be called after an `@`, as `key_of` returns them.
    """
    first, rest = _first_word(text)
    word, prefix = key_of(first), key_of(prefix)
    if not word.startswith(prefix):
        return None
    name, at, target = word.removeprefix(prefix).partition("@")
    if not name or (at and target not in names):
        return None
    return Call(name, rest.strip())


def _first_word(text: str) -> tuple[str, str]:
    word = _WORD.search(text)
    return ("", "") if word is None else (word[0], text[word.end() :])


@frozen
class Parameter:
    """One argument of a command."""

    name: str
    kind: str
    """"word" takes one word, "words" all further ones, "rest" everything as it was typed."""
    read: Reader
    is_required: bool
    default: Any = None

    @property
    def usage(self) -> str:
        """How the usage line shows it."""
        name = self.name.replace("_", " ") + ("" if self.kind == "word" else " ...")
        return f"<{name}>" if self.is_required else f"[{name}]"


@frozen
class Arguments:
    """The arguments of a command, by the signature of its handler."""

    parameters: tuple[Parameter, ...]

    @property
    def usage(self) -> str:
        """The arguments as a line of help shows them."""
        return " ".join(one.usage for one in self.parameters)

    def read(self, text: str) -> tuple[list[Any], dict[str, Any]]:
        """Return the positional and the keyword arguments for a handler.

        Args:
            text: What follows the name of the command.

        Raises:
            UsageError: An argument is missing, one can't be read, or there are too many.
        """
        positional: list[Any] = []
        words = _Words(text)
        for parameter in self.parameters:
            if parameter.kind == "rest":
                return positional, {parameter.name: self._value(parameter, words.rest)}
            if parameter.kind == "words":
                further = iter(words.take, None)
                positional += [self._value(parameter, word) for word in further]
                return positional, {}
            positional.append(self._value(parameter, words.take()))
        if words.rest:
            raise UsageError("That is more than it takes.")
        return positional, {}

    def _value(self, parameter: Parameter, text: str | None) -> Any:
        if text is None or (text == "" and parameter.kind == "rest"):
            if parameter.is_required:
                raise UsageError(f"{parameter.usage} is missing.")
            return parameter.default
        try:
            return parameter.read(text)
        except UsageError:
            raise
        except UNREADABLE as error:
            reason = str(error) if type(error) is ValueError else ""
            hint = reason if len(reason) < 60 and "\n" not in reason else ""
            problem = f"{parameter.usage} can't be {_shown(text)!r}"
            raise UsageError(f"{problem} ({hint})." if hint else f"{problem}.") from None


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def arguments_of(call: Callable[..., Any]) -> Arguments:
    """Return the arguments of a command, which are the parameters of its handler after the first.

    Raises:
        InvalidInputError: No command can have such a parameter.
    """
    signature = signature_of(call)
    parameters = list(signature.parameters.values())[1:]
    found = tuple(_parameter(one) for one in parameters)
    if sum(one.kind != "word" for one in found) > 1:
        raise InvalidInputError("Only one argument of a command can take all that is left.")
    return Arguments(found)


def signature_of(call: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of a handler, whose annotations are evaluated.

    Raises:
        InvalidInputError: It takes no context, or an annotation can't be evaluated.
    """
    try:
        signature = inspect.signature(call, eval_str=True)
    except (NameError, TypeError, SyntaxError, AttributeError) as error:
        raise InvalidInputError(
            f"The annotations of {name_of(call)} can't be evaluated: {error}."
        ) from None
    first = next(iter(signature.parameters.values()), None)
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if first is None or first.kind not in kinds:
        raise InvalidInputError(f"{name_of(call)} must take a context as its first parameter.")
    return signature


def name_of(call: Callable[..., Any]) -> str:
    """Return what logs and errors call a function."""
    return getattr(call, "__qualname__", type(call).__name__)


def _parameter(parameter: inspect.Parameter) -> Parameter:
    if parameter.kind is inspect.Parameter.VAR_KEYWORD:
        raise InvalidInputError("A command has no **arguments.")
    kind = _KINDS.get(parameter.kind, "word")
    read, may_be_none = reader_of(parameter.annotation)
    has_default = parameter.default is not inspect.Parameter.empty
    is_required = not (has_default or may_be_none or kind == "words")
    default = parameter.default if has_default else None
    return Parameter(parameter.name, kind, read, is_required, default)


class _Words:
    """Takes the words of a text off its front; what is quoted counts as one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        # Quotes that nothing closes: not searched for again, or a hostile text would take time
        # that grows with its square.
        self._open: set[str] = set()

    @property
    def rest(self) -> str:
        """What is left, without white space at its ends."""
        return self._text[self._at :].strip()

    def take(self) -> str | None:
        """Return the next word; None if there is none."""
        word = _WORD.search(self._text, self._at)
        if word is None:
            self._at = len(self._text)
            return None
        quote = word[0][0]
        if quote in _CLOSING and quote not in self._open:
            # A quotation mark inside of a word ends nothing.
            end = _CLOSING[quote].search(self._text, word.start() + 1)
            if end is not None:
                self._at = end.end()
                return self._text[word.start() + 1 : end.start()]
            self._open.add(quote)
        self._at = word.end()
        return word[0]
