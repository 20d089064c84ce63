"""Writes the encoding function of one model class.

Plain values are checked and stored in line; whatever else an attribute holds is encoded by what it
is, not by what its type says, for nobody checks what `attrs.evolve` puts there.

For `Label` the source reads:

    def encode(m):
        out = {}
        v = m.id
        if v is not None: out['id'] = v if v.__class__ is str else encoders[v.__class__](v)
        ...
        if m._rest: put_rest(m, out)
        return out
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from .fields import Field, fields_of

Encoder = Callable[[Any], Any]

# Classes whose values are JSON already. Exact ones: a subclass of `str` is left to the function
# that knows it.
_CHECKS: Final[dict[Any, str]] = {
    str: "v.__class__ is str",
    bool: "v is True or v is False",
    int: "v.__class__ is int",
    float: "v.__class__ is float or v.__class__ is int",
}


def compile_encoder(
    cls: type,
    encoders: Mapping[type, Encoder],
    write_time: Callable[[datetime], str],
    put_rest: Callable[[Any, dict[str, Any]], None],
) -> Encoder:
    """Return the function that encodes one model class.

    Args:
        cls: The class; its subclasses have functions of their own.
        encoders: The functions for everything that is met in attributes, by its class.
        write_time: Writes the times.
        put_rest: Adds to the object what the attributes alone don't tell.
    """
    scope = {
        "encoders": encoders, "time": write_time, "put_rest": put_rest, "datetime": datetime
    }  # fmt: skip
    fields = sorted(fields_of(cls), key=lambda field: not field.required)
    lines = [
        "def encode(m):",
        " out = {}",
        *(line for field in fields for line in _field_source(field)),
        " if m._rest: put_rest(m, out)",
        " return out",
    ]
    exec(compile("\n".join(lines), f"<encoder of {cls.__name__}>", "exec"), scope)  # noqa: S102
    encoder: Encoder = scope["encode"]  # type: ignore[assignment]
    return encoder


def _field_source(field: Field) -> list[str]:
    encoded = "encoders[v.__class__](v)"
    if field.type in _CHECKS:
        encoded = f"v if {_CHECKS[field.type]} else {encoded}"
    elif field.type is datetime:
        encoded = f"time(v) if v.__class__ is datetime else {encoded}"
    return [f" v = m.{field.name}", f" if v is not None: out[{field.wire!r}] = {encoded}"]
