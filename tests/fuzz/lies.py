"""What the app does wrong, each with a name and a rate."""

from typing import Any, Self

from attrs import evolve, field, fields, frozen


def _rate(value: float, why: str) -> Any:
    return field(default=value, metadata={"why": why})


@frozen(kw_only=True)
class Lies:
    """How often the app lies, from 0 to 1. Frames and answers count each by themselves."""

    # Frames: the rate is that of all frames.
    lost_silently: float = _rate(0.075, "an event is not sent, and uses no number")
    lost_with_gap: float = _rate(0.075, "an event is not sent, and its number is missing")
    held_back: float = _rate(0.15, "a frame is sent only after later states were served")
    doubled: float = _rate(0.05, "a frame is sent twice")
    named_only: float = _rate(0.08, "a frame has IDs and no entries")
    in_part: float = _rate(0.05, "an entry holds only a part of its message")
    bundled: float = _rate(0.05, "a frame also brings a message that did not change")
    junk: float = _rate(0.03, "a frame that is no event comes first")
    # Answers: the rate is that of all answers.
    bad_answers: float = _rate(0.05, "an answer is an error, or is broken")
    slow_answers: float = _rate(0.15, "an answer shows the state of seconds before it arrives")
    # Acts: the rate is that of all acts.
    kicks: float = _rate(0.02, "the app closes the socket")
    aborts: float = _rate(0.02, "the connection breaks")
    late_below: float = _rate(0.05, "a message arrives late, below newer ones")
    old_on_top: float = _rate(0.03, "a message with an old time arrives on top")
    reaction_messages: float = _rate(0.03, "a reaction is also a message")
    own: float = _rate(0.07, "the user sends a message: a pending ID, then a final one")
    sends: float = _rate(0.02, "the client sends a message")
    new_chats: float = _rate(0.02, "a chat is made")
    gone_chats: float = _rate(0.005, "a chat is deleted")
    undecodable: float = _rate(0.02, "a message has no sender, which is required")
    healed: float = _rate(0.02, "such a message gets its sender")
    renumbered: float = _rate(0.01, "all messages of a chat get other sort keys")
    # Chats, accounts and messages: the rate is that of all of them.
    odd_keys: float = _rate(0.4, "the sort keys of a chat are text, negative, random or falling")
    odd_ends: float = _rate(0.6, "the history of a chat does not end as documented")
    silent: float = _rate(0.15, "the chats of an account never send anything on the socket")
    no_status: float = _rate(0.3, "the own messages of a chat have no send status")
    forgotten: float = _rate(0.1, "a pending ID can't be retrieved once there is a final one")
    marked_deleted: float = _rate(0.4, "a deleted message stays, marked as deleted")
    # The consumer: the rate is that of all acts.
    restarts: float = _rate(0.02, "the stream is closed, and another begins at its checkpoint")
    slowness: float = _rate(0.5, "the consumer of a seed takes its time for each event")

    @classmethod
    def names(cls) -> list[str]:
        """Return the names of all lies."""
        return [one.name for one in fields(cls)]

    @classmethod
    def none(cls) -> Self:
        """Return an app that never lies."""
        return cls(**dict.fromkeys(cls.names(), 0.0))

    def only(self, *names: str) -> Self:
        """Return these lies alone, each as often as it is here."""
        return evolve(self.none(), **{name: getattr(self, name) for name in names})

    def without(self, *names: str) -> Self:
        """Return all but these."""
        return evolve(self, **dict.fromkeys(names, 0.0))
