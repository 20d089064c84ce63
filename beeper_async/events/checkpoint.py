"""How far a consumer has come: what a later stream needs to go on from there. Pure."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final, Self

import orjson
from attrs import asdict, evolve, field, frozen

from .._codec.fields import parse_time
from ..errors import InvalidInputError
from ..models.message import Message

# Networks deliver messages late, for instance after a phone was off overnight, so an activity may
# appear with a time that has already passed.
LATE: Final = timedelta(days=1)


@frozen
class Place:
    """Where a chat's delivered messages end."""

    sort_key: str
    timestamp: datetime
    """The latest of all messages up to here; not every network sorts them by time."""


@frozen
class Checkpoint:
    """How far the messages of the chats have been delivered.

    Hand it to `client.events(since=...)`, and what happened in between is delivered first. It holds
    no text: a time, and for the chats active since then the place of their last message.
    """

    base: datetime
    """Chats without a place of their own have been delivered up to this time."""
    places: Mapping[str, Place] = field(factory=dict[str, Place], repr=False)
    """Where the delivered messages end, by chat ID."""

    def without(self, chat_ids: Collection[str]) -> Self:
        """Return it without the places of some chats."""
        places = {one: place for one, place in self.places.items() if one not in chat_ids}
        return evolve(self, places=places)

    def to_json(self) -> str:
        """Return it as JSON text."""
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what `to_json` wrote.

        Raises:
            InvalidInputError: It is something else.
        """
        try:
            value = orjson.loads(text)
            places = {
                str(chat_id): Place(str(place["sort_key"]), parse_time(place["timestamp"]))
                for chat_id, place in value["places"].items()
            }
            return cls(parse_time(value["base"]), places)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InvalidInputError("This is no checkpoint of an event stream.") from None


def order(sort_key: str) -> tuple[int, int, str]:
    """Return what sort keys are compared by: most are numbers, of different lengths."""
    if sort_key.isascii() and sort_key.isdecimal():
        digits = sort_key.lstrip("0")
        return 0, len(digits), digits
    return 1, 0, sort_key


class Marks:
    """The places up to which messages have been delivered, chat by chat."""

    def __init__(self, since: Checkpoint) -> None:
        self.base: datetime = since.base
        self._places = dict(since.places)

    def is_new(self, message: Message) -> bool:
        """Tell whether a message lies behind everything that was delivered of its chat."""
        place = self._places.get(message.chat_id)
        if place is None:
            return message.timestamp >= self.base
        here, there = order(message.sort_key), order(place.sort_key)
        if here[0] != there[0]:  # keys of two kinds say nothing about each other
            return message.timestamp > place.timestamp
        return here > there

    def take(self, message: Message) -> None:
        """Move the place of a message's chat to it, if that lies ahead."""
        place, is_new = self._places.get(message.chat_id), self.is_new(message)
        if place is None:
            # A change to an old message must not make new what lies between it and the present.
            if is_new:
                self._places[message.chat_id] = Place(message.sort_key, message.timestamp)
        elif is_new or message.timestamp > place.timestamp:
            sort_key = message.sort_key if is_new else place.sort_key
            latest = max(message.timestamp, place.timestamp)
            self._places[message.chat_id] = Place(sort_key, latest)

    def settle(self, time: datetime) -> None:
        """Note that everything up to a time has been delivered, and forget the places before it."""
        if time <= self.base:
            return
        self.base = time
        self._places = {
            chat_id: place for chat_id, place in self._places.items() if place.timestamp >= time
        }

    def adopt(self, other: Checkpoint) -> None:
        """Take over the places of further chats, and the base if it lies ahead."""
        self._places = {**self._places, **other.places}
        self.base = max(self.base, other.base)

    def checkpoint(self) -> Checkpoint:
        """Return the marks as a value."""
        return Checkpoint(self.base, dict(self._places))
