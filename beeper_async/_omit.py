"""The mark of a parameter that was left out, for calls where None means something else."""

from typing import Literal, final


@final
class Omit:
    """Type of `omit`. `chats.update(draft=None)` clears the draft; leaving it out keeps it."""

    __slots__ = ()

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "omit"

    def __reduce__(self) -> str:
        return "omit"


omit: Omit = Omit()
"""Default of every parameter that may be left out of a call."""
