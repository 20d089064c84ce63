"""What is printed of messages: those of one chat, and those that a search found."""

from collections.abc import Mapping
from typing import Final

from beeper_async.models import Chat, Message

from .message_text import content_of
from .output import Layout
from .table import Column
from .text import clean
from .times import iso, minute


def sender_of(message: Message) -> str:
    """Return who sent a message."""
    return "You" if message.is_sender else message.sender_name or message.sender_id


def _text(message: Message) -> str:
    return clean(content_of(message))


def _json(message: Message) -> str:
    return message.to_json(indent=None)


# What is needed to answer, `send --reply-to`, is whole or not there.
_ID: Final = Column[Message]("ID", "dim", lambda message: clean(message.id), rank=3)
_TIME: Final = Column[Message]("TIME", "dim", lambda message: minute(message.timestamp), rank=1)
_TEXT: Final = Column("TEXT", "", _text, least=20, share=55)


def _who(share: int) -> Column[Message]:
    return Column("WHO", "bold", lambda message: clean(sender_of(message)), share=share)


MESSAGES: Final = Layout[Message](
    columns=(_ID, _TIME, _who(30), _TEXT),
    fields=lambda one: (one.id, iso(one.timestamp), sender_of(one), content_of(one)),
    to_json=_json,
)
"""Messages of one chat."""


def found_messages(chats: Mapping[str, Chat]) -> Layout[Message]:
    """Return the layout of messages of several chats.

    Args:
        chats: The chats by ID. It may be filled from page to page.
    """

    def title(message: Message) -> str:
        chat = chats.get(message.chat_id)
        return chat.title if chat else message.chat_id

    return Layout(
        columns=(
            *(_ID, _TIME),
            Column("CHAT", "cyan", lambda message: clean(title(message)), share=25),
            *(_who(25), _TEXT),
        ),
        fields=lambda one: (
            *(one.id, iso(one.timestamp), title(one)),
            *(sender_of(one), content_of(one), one.chat_id),
        ),
        to_json=_json,
    )
