"""The one line that a command prints after it has done something to a chat."""

import sys
from typing import Any

from beeper_async.models import Chat

from .chat_output import network_of
from .output import json_of, print_fields, print_json
from .text import clean


def report(done: str, chat: Chat, *, as_json: bool, **details: Any) -> None:
    """Print what was done.

    Args:
        done: A word for it, such as "archived".
        chat: The chat.
        as_json: Whether to print JSON.
        details: Further values, by their names in the JSON. Other programs get them as fields.
    """
    if as_json:
        known = {"done": done, "chatID": chat.id, "title": chat.title, "accountID": chat.account_id}
        print_json([json_of(known | details)])
    elif sys.stdout.isatty():
        sys.stdout.write(f"{done.capitalize()}: {clean(chat.title)} ({network_of(chat)})\n")
    else:
        print_fields([(done, chat.title, chat.id, *map(str, details.values()))])
