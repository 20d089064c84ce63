"""What happened, what arrived, and how the two differ."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any, Final

import orjson
from attrs import define, evolve, field, frozen

_SHOWN: Final = 5


@frozen
class Verdict:
    """How what arrived differs from what happened; all zero is what it should be."""

    missing: int
    """Messages that were there for a while and did not come."""
    doubles: int
    out_of_order: int
    """Messages that came after a newer one of their chat."""
    wrong: int
    """Messages whose text or reactions, as the events have them, are not those of the app."""
    not_deleted: int
    """Messages that are deleted, and no event says so."""
    unasked: int
    """Events of messages, edits, reactions and deletions that nobody made, or made once."""
    examples: list[str] = field(factory=list[str])

    @property
    def is_good(self) -> bool:
        """Whether everything arrived once and in order, and nothing else."""
        return not (self.out_of_order or self.is_behind or self.doubles or self.unasked)

    @property
    def is_behind(self) -> bool:
        """Whether something may still come that is missing."""
        return bool(self.missing or self.wrong or self.not_deleted)


@define
class Message:
    """A message as it is, and what ever happened to it."""

    text: str
    reactions: set[str] = field(factory=set[str])
    """The people who react, each with the same face."""
    is_deleted: bool = False
    log: Counter[str] = field(factory=Counter[str])
    """How often what happened: each text, and who reacted or took that back."""

    def happens(self, kind: str, value: str) -> None:
        """Change it, and write that down."""
        self.log[f"{kind} {value}"] += 1
        if kind == "edited":
            self.text = value
        elif kind == "added":
            self.reactions.add(value)
        elif kind == "removed":
            self.reactions.discard(value)
        elif kind == "deleted":
            self.is_deleted = True


@define
class Ledger:
    """Both sides of the account. The writer fills one, what the consumer prints the other."""

    written: dict[str, dict[str, Message]] = field(factory=dict[str, dict[str, Message]])
    """The messages by chat and ID, oldest first."""
    heard: dict[str, dict[str, Message]] = field(factory=dict[str, dict[str, Message]])
    """The same as the events have them."""
    doubles: int = 0
    unasked: int = 0
    """Events that change nothing, or are about nothing that was delivered."""
    live: int = 0
    recovered: int = 0
    events: int = 0
    """How many events there were about messages that exist, and how they changed."""
    reconnects: int = 0
    gaps: Counter[str] = field(factory=Counter[str])
    memory: dict[str, tuple[int, int]] = field(factory=dict[str, tuple[int, int]])
    checkpoint: str | None = None
    is_ready: bool = False

    @property
    def count(self) -> int:
        """How many messages arrived."""
        return self.live + self.recovered

    @property
    def count_written(self) -> int:
        """How many messages were written."""
        return sum(map(len, self.written.values()))

    def hear(self, line: list[Any]) -> None:
        """Take down what the consumer printed."""
        match line:
            case ["message", kind, chat_id, message_id, *rest]:
                self._message(kind, chat_id, message_id, rest)
            case ["gap", reason, _]:
                self.gaps[reason] += 1
            case ["memory", name, resident, peak]:
                self.memory[name] = resident, peak
            case ["end", reconnects, checkpoint]:
                self.reconnects += reconnects
                self.checkpoint = checkpoint
            case ["ready"]:
                self.is_ready = True
            case _:
                raise ValueError(f"not a line of a consumer: {line!r}")

    def _message(self, kind: str, chat_id: str, message_id: str, rest: list[Any]) -> None:
        heard = self.heard.setdefault(chat_id, {})
        known = heard.get(message_id)
        if kind == "created":
            recovered, text, reactions = rest
            self.recovered += recovered
            self.live += not recovered
            self.doubles += known is not None
            heard.setdefault(message_id, Message(text, set(reactions)))
            return
        self.events += 1
        if known is None:  # a message that came and went within a gap may still be deleted
            self.unasked += kind != "deleted"
        elif kind == "changed":  # what changed is not known, such as which reaction is gone
            text, reactions = rest
            self.unasked += (known.text, known.reactions) == (text, set(reactions))
            known.text, known.reactions = text, set(reactions)
        else:
            before = evolve(known, reactions=set(known.reactions), log=Counter())
            known.happens(kind, rest[0] if rest else "")
            self.unasked += evolve(known, log=Counter()) == before

    def hear_text(self, text: bytes) -> None:
        """Take down a line as it was printed."""
        self.hear(orjson.loads(text))

    def verdict(self) -> Verdict:
        """Compare both sides."""
        counts: Counter[str] = Counter()
        examples: list[str] = []
        for chat_id in self.written | self.heard:
            written, heard = self.written.get(chat_id, {}), self.heard.get(chat_id, {})
            places = {one: n for n, one in enumerate(written)}
            known = [places[one] for one in heard if one in places]
            early = [b for a, b in pairwise(known) if b < a]
            counts["out of order"] += len(early)
            counts["unasked"] += sum(one not in written for one in heard)
            if early:
                examples.append(f"{chat_id}: out of order at {early[:3]}")
            for message_id, truth in written.items():
                for fault in _faults(truth, heard.get(message_id)):
                    counts[fault] += 1
                    examples.append(f"{chat_id} {message_id}: {fault}")
        return Verdict(
            missing=counts["missing"],
            doubles=self.doubles,
            out_of_order=counts["out of order"],
            wrong=counts["wrong"],
            not_deleted=counts["not deleted"],
            unasked=counts["unasked"] + self.unasked,
            examples=examples[:_SHOWN],
        )


def _faults(truth: Message, heard: Message | None) -> list[str]:
    if heard is None:  # what came and went within a gap was there for nobody
        return [] if truth.is_deleted else ["missing"]
    found = ["unasked" for what, count in heard.log.items() if count > truth.log[what]]
    if truth.is_deleted != heard.is_deleted:
        found.append("not deleted")
    if not truth.is_deleted and (truth.text, truth.reactions) != (heard.text, heard.reactions):
        found.append("wrong")
    return found
