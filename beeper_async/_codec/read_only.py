"""A dict that can't be changed, for what several models hold at once."""

from typing import Any, NoReturn, TypeVar

V = TypeVar("V")


class ReadOnlyDict(dict[str, V]):
    """A dict that refuses to be changed; `dict(it)` is a copy that doesn't."""

    def __reduce__(self) -> tuple[type["ReadOnlyDict[V]"], tuple[dict[str, V]]]:
        # Without it, copies and pickles would be filled key by key, which is refused.
        return ReadOnlyDict, (dict(self),)

    def __setitem__(self, key: str, value: V) -> NoReturn:
        raise _refusal()

    def __delitem__(self, key: str) -> NoReturn:
        raise _refusal()

    def __ior__(self, other: Any) -> NoReturn:  # type: ignore[misc]
        raise _refusal()

    def clear(self) -> NoReturn:
        raise _refusal()

    def pop(self, *args: Any) -> NoReturn:
        raise _refusal()

    def popitem(self) -> NoReturn:
        raise _refusal()

    def setdefault(self, key: str, default: Any = None) -> NoReturn:
        raise _refusal()

    def update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise _refusal()


def _refusal() -> TypeError:
    return TypeError("this dict is read-only, for several models share it; copy it with dict()")
