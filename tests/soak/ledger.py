"""What was written, what arrived, and how the two differ."""

from collections import Counter
from itertools import pairwise
from typing import Any, Final

import orjson
from attrs import define, field, frozen

_SHOWN: Final = 5


@frozen
class Verdict:
    """How what arrived differs from what was written; all zero is what it should be."""

    missing: int
    doubles: int
    out_of_order: int
    unasked: int
    """Events that told of changes nobody made, and messages that nobody wrote."""
    told_again: int
    """`MessageChanged` events with nothing before. Allowed for messages that were delivered and
    forgotten again, which takes more messages in one go than are remembered."""
    examples: list[str] = field(factory=list[str])

    @property
    def is_good(self) -> bool:
        """Whether everything arrived once and in order, and nothing else but what is allowed."""
        return not (self.missing or self.doubles or self.out_of_order or self.unasked)


@define
class Ledger:
    """Both sides of the account. The writer fills one, what the consumer tells the other."""

    written: dict[str, list[str]] = field(factory=dict[str, list[str]])
    """The IDs of messages by chat, oldest first."""
    arrived: dict[str, list[str]] = field(factory=dict[str, list[str]])
    live: int = 0
    recovered: int = 0
    others: int = 0
    told_again: int = 0
    reconnects: int = 0
    gaps: Counter[str] = field(factory=Counter[str])
    memory: dict[str, tuple[int, int]] = field(factory=dict[str, tuple[int, int]])
    checkpoint: str | None = None
    is_ready: bool = False

    @property
    def count(self) -> int:
        """How many messages arrived."""
        return self.live + self.recovered

    def hear(self, line: list[Any]) -> None:
        """Take down what the consumer told."""
        match line:
            case ["message", chat_id, message_id, recovered]:
                self.arrived.setdefault(chat_id, []).append(message_id)
                self.recovered += recovered
                self.live += not recovered
            case ["other", "MessageChanged", False]:
                self.told_again += 1
            case ["other", *_]:
                self.others += 1
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

    def hear_text(self, text: bytes) -> None:
        """Take down a line as it was printed."""
        self.hear(orjson.loads(text))

    def verdict(self) -> Verdict:
        """Compare both sides."""
        missing = doubles = disorder = unasked = 0
        examples: list[str] = []
        for chat_id in self.written | self.arrived:
            places = {one: n for n, one in enumerate(self.written.get(chat_id, ()))}
            arrived = self.arrived.get(chat_id, [])
            counts = Counter(arrived)
            lost = [one for one in places if one not in counts]
            twice = [one for one, count in counts.items() if count > 1]
            known = [places[one] for one in arrived if one in places]
            early = [b for a, b in pairwise(known) if b < a]
            missing += len(lost)
            doubles += sum(counts.values()) - len(counts)
            disorder += len(early)
            unasked += sum(count for one, count in counts.items() if one not in places)
            if lost or twice or early:
                examples.append(f"{chat_id}: missing {lost[:3]}, twice {twice[:3]}, at {early[:3]}")
        unasked += self.others
        return Verdict(missing, doubles, disorder, unasked, self.told_again, examples[:_SHOWN])
