"""What bots raise, and what their handlers may raise."""

from typing import Any

from ..errors import BeeperDesktopError


class Skip(Exception):  # noqa: N818 - a signal, as StopIteration is one
    """Raised by a handler of `on` or of a command: the event goes to the next one."""


class UsageError(BeeperDesktopError):
    """Somebody used a command in a wrong way; raised by the reading of arguments, or by a handler.

    The person gets its text and the usage of the command, unless an error handler takes it.
    """


class NoAnswer(BeeperDesktopError, TimeoutError):  # noqa: N818 - reads as what happened
    """No answer arrived in time, or none that could be read.

    A handler that does not catch it ends without a word.
    """


class Superseded(BeeperDesktopError):  # noqa: N818 - reads as what happened
    """The person began another conversation in the same chat, so this one is over.

    A handler that does not catch it ends without a word.
    """


class LoopBrakeError(BeeperDesktopError):
    """The bot sent too much to one chat within a minute. No message was sent.

    Attributes:
        chat_id: The chat.
    """

    def __init__(self, chat_id: str, limit: int) -> None:
        super().__init__(f"More than {limit} messages a minute to one chat.")
        self.chat_id = chat_id
        self.limit = limit

    def __reduce__(self) -> tuple[type["LoopBrakeError"], tuple[str, int], dict[str, Any]]:
        return type(self), (self.chat_id, self.limit), self.__dict__
