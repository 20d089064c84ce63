"""What is printed when CHAT names no chat, or several."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from beeper_async.errors import (
    AmbiguousChatError,
    AmbiguousContactError,
    ChatNotFoundError,
    ContactNotFoundError,
    ResolveError,
)
from beeper_async.models import Chat, Contact

from .chat_output import network_of
from .people_output import name_of
from .text import clean, shorten, width

_LEGIBLE: Final = 8


def complaint(error: ResolveError) -> str:
    """Say in one line why there is not exactly one match."""
    match error:
        case AmbiguousChatError():
            return f"{len(error.candidates)} chats match; use the ID of one:"
        case AmbiguousContactError():
            return f"{len(error.candidates)} people match; use the ID of one, or --account:"
        case ChatNotFoundError() | ContactNotFoundError():
            return f"No chat matches{'; similar ones:' if error.near else '.'}"
        case _:
            return str(error)


def candidate_lines(error: ResolveError) -> Iterator[str]:
    """Yield a line for each chat or person that the user may have meant, its ID first."""
    found: Sequence[Chat | Contact] = ()
    if isinstance(error, AmbiguousChatError | AmbiguousContactError):
        found = error.candidates
    elif isinstance(error, ChatNotFoundError | ContactNotFoundError):
        found = error.near
    for one in found:
        yield _line(one)


def _line(one: Chat | Contact) -> str:
    if isinstance(one, Chat):
        # The local ID is short, and every call takes it.
        key, name, network = one.local_chat_id or one.id, one.title, network_of(one)
    else:
        key, name, network = one.user.id, name_of(one.user), one.network or one.account_id
    key, name, network = clean(key), clean(name), clean(network)
    if sys.stderr.isatty():
        # An ID that is cut is of no use.
        room = shutil.get_terminal_size().columns - width(key) - width(network) - 6
        name = shorten(name, max(room, _LEGIBLE))
    return f"  {key}  {name}  {network}"
