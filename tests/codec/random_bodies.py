"""Random JSON objects for each model: whole, with nulls and odd spellings, and damaged ones."""

from datetime import UTC, datetime, timedelta
from random import Random
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

import attrs

from beeper_async._codec.fields import ARRAYS, fields_of, format_time

_TEXTS: Final = ("", "a", "Grüße", "❤️", "2026-05-10T18:40:00.004Z", "true", 'a "b" \\ c\n')
_ANYTHING: Final[list[Any]] = [
    None,
    True,
    0,
    -7,
    2**53,
    1.5,
    "x",
    [],
    {},
    ["x", None],
    {"a": {"b": [1]}},
]
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Bodies:
    """Makes JSON values that fit a type, or nearly."""

    def __init__(self, seed: int, damage: float = 0.0) -> None:
        self.random: Random = Random(seed)
        self.damage: float = damage
        """How likely a value is something else than its type says."""

    def value(self, tp: Any) -> Any:
        """Make one JSON value."""
        if self.random.random() < self.damage:
            return self.random.choice(_ANYTHING)
        origin, args = get_origin(tp), get_args(tp)
        if attrs.has(origin or tp):
            return self.body(tp)
        if origin in (Union, UnionType):
            return self.value(self.random.choice([one for one in args if one is not NoneType]))
        if origin is Literal:
            return self.random.choice(args)
        if origin in ARRAYS:
            return [self.value(args[0]) for _ in range(self.random.randrange(4))]
        if origin is not None:
            return {f"key {n}": self.value(args[1]) for n in range(self.random.randrange(4))}
        return self._plain(tp)

    def body(self, tp: Any) -> dict[str, Any]:
        """Make the JSON object of a model, its keys in any order."""
        body: dict[str, Any] = {}
        for field in fields_of(tp):
            if field.required or self.random.random() < 0.6:
                body[field.wire] = self.value(field.type)
            elif self.random.random() < 0.2:
                body[field.wire] = None
        if self.random.random() < 0.2:
            body["later"] = self.random.choice(_ANYTHING)
        keys = list(body)
        self.random.shuffle(keys)
        return {key: body[key] for key in keys}

    def time(self) -> str:
        """Write a time as the app does, or with another precision or offset."""
        time = _START + timedelta(milliseconds=self.random.randrange(2**42))
        usual = format_time(time)
        odd = (time.isoformat(), usual[:-5] + "Z", usual[:-1] + "+02:00", usual[:-1] + "123Z")
        return usual if self.random.random() < 0.7 else self.random.choice((*odd, usual.lower()))

    def _plain(self, tp: Any) -> Any:
        if tp is str:
            return self.random.choice(_TEXTS)
        if tp is bool:
            return self.random.random() < 0.5
        if tp is int:
            return self.random.randrange(-(2**53), 2**53)
        if tp is float:
            return self.random.choice((self.random.random(), self.random.randrange(10**9)))
        return self.time() if tp is datetime else self.random.choice(_ANYTHING)
