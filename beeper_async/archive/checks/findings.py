"""What a verification of an archive found."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from attrs import field, frozen

FindingKind: TypeAlias = Literal[
    "database",
    "json",
    "hash",
    "identity",
    "position",
    "marks",
    "version",
    "attachment",
    "file",
    "stray",
    "search",
    "lost",
    "doubled",
    "stale",
    "missing",
    "unmarked",
    "unread",
]
"""What is wrong.

In the archive itself: `database` is damaged as a whole; the `json` of a record can't be parsed, its
`hash` does not fit, it has the `identity` of another one or the `position` of another one; the
`marks` of a chat contradict each other; a `version`, an `attachment` or the `search` index does not
fit its message; a `file` is not there, or is not what it was; a `stray` file belongs to no message.

Compared with the app: a message is `lost` if the app serves it and the archive does not have it,
`doubled` if the archive has it twice, `stale` if it has another state of it, `missing` if it is
marked as no longer served, but is served, `unmarked` if it is no longer served, but not marked, and
a chat is `unread` if the app does not serve it at present.
"""

_MOST: Final = 1000


@frozen(kw_only=True)
class Finding:
    """Something that is wrong with an archive."""

    kind: FindingKind
    """What is wrong."""
    text: str
    """The same in words, without any content of messages."""
    chat_id: str | None = None
    """ID of the chat; None if it is not about one chat."""
    key: str | None = None
    """What it is about: the ID of a message, or the SHA-256 of a file."""


@frozen(kw_only=True)
class Verification:
    """The result of a verification."""

    findings: tuple[Finding, ...] = field(repr=False)
    """What is wrong, at most 1,000 of it. `counts` has the numbers of all."""
    counts: Mapping[FindingKind, int]
    """Number of findings by kind."""
    chats: int = 0
    """Chats that were looked at."""
    messages: int = 0
    """Messages that were looked at."""
    files: int = 0
    """Files that were looked at."""
    new: int = 0
    """Messages that the app received after the last run began, so that they need not be in the
    archive yet. Only when it is compared with the app."""

    @property
    def exit_code(self) -> int:
        """That of the command: 0 if nothing is wrong, else 7."""
        return 7 if self.counts else 0

    def by_chat(self) -> dict[str | None, list[Finding]]:
        """Return the findings by the ID of their chat; those of no chat by None."""
        found: dict[str | None, list[Finding]] = {}
        for finding in self.findings:
            found.setdefault(finding.chat_id, []).append(finding)
        return found


class Tally:
    """Collects findings: all are counted, and the first 1,000 are kept."""

    def __init__(self) -> None:
        self._findings: list[Finding] = []
        self._counts: dict[FindingKind, int] = {}
        self.chats: int = 0
        self.messages: int = 0
        self.files: int = 0
        self.new: int = 0

    def add(
        self, kind: FindingKind, text: str, chat_id: str | None = None, key: str | None = None
    ) -> None:
        """Add a finding."""
        self._counts[kind] = self._counts.get(kind, 0) + 1
        if len(self._findings) < _MOST:
            self._findings.append(Finding(kind=kind, text=text, chat_id=chat_id, key=key))

    def result(self) -> Verification:
        """Return all of it."""
        return Verification(
            findings=tuple(self._findings),
            counts=dict(self._counts),
            chats=self.chats,
            messages=self.messages,
            files=self.files,
            new=self.new,
        )
