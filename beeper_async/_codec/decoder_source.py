"""Writes the decoding function of one model class.

Stock cattrs spends most of its time in a hook call for each field. The functions written here
check and store plain values in line, fill a mutable twin of the class through its slots (a frozen
class can only be filled through its slow `__init__`), and turn the twin into the real thing at the
end.

For `Reaction` the source reads:

    def decode(d, _):
        if d.__class__ is not dict: raise Mismatch
        o = Twin(); n = 3; odd = False
        v = d['id']
        if v.__class__ is not str: raise Mismatch
        o.id = v
        ...
        if len(d) == n:
            o.img_url = o._rest = None
        else:
            v = d.get('imgURL')
            ...
            o._rest = rest(d, o, odd) if len(d) != n else None
        o.__class__ = Model
        return o

Most objects have a few of their many optional fields, so the usual ones (`Model.usual`) are read
first. When they account for all keys, nothing is asked of the others.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args, get_origin

import attrs
from cattrs import Converter

from .fields import ARRAYS, OBJECTS, Field, MismatchError, fields_of, format_time, parse_time
from .json_text import LARGEST, holds_large_float
from .json_values import is_array, is_object
from .read_only import ReadOnlyDict

# How each plain type is told apart; `v` is the JSON value. Exact classes: true is no integer here.
_CHECKS: dict[Any, str] = {
    str: "{v}.__class__ is not str",
    bool: "{v} is not True and {v} is not False",
    int: "{v}.__class__ is not int",
    # A float of such a size may have been an integer that has to be read again.
    float: f"{{v}}.__class__ is not int"
    f" and ({{v}}.__class__ is not float or abs({{v}}) >= {LARGEST})",
}

# The app's usual spelling of a time, which encodes back to the same text: 2026-05-05T20:20:12.497Z
_USUAL_TIME = "len(v) == 24 and v[23] == 'Z' and v[19] == '.' and v[10] == 'T'"


def is_spelled(value: Any, received: Any) -> bool:
    """Return whether a decoded value writes back as the JSON that it came as.

    Models do: what they can't reproduce they keep themselves.
    """
    if isinstance(value, datetime):
        return bool(format_time(value) == received)
    if is_array(value) and is_array(received):
        return len(value) == len(received) and all(map(is_spelled, value, received))
    if is_object(value) and is_object(received):
        return bool(value.keys() == received.keys()) and all(
            is_spelled(item, received[key]) for key, item in value.items()
        )
    return attrs.has(value.__class__) or bool(value == received)


def _is_usual_time(v: Any) -> bool:
    return v.__class__ is str and len(v) == 24 and v[23] == "Z" and v[19] == "." and v[10] == "T"


def compile_decoder(tp: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    """Return the function that decodes one model class; `tp` may be generic with its argument."""
    cls = get_origin(tp) or tp
    fields = fields_of(tp)
    scope: dict[str, Any] = {
        "Twin": _mutable_twin(cls),
        "Model": cls,
        "Mismatch": MismatchError,
        "time": parse_time,
        "usual_time": datetime.fromisoformat,
        "rest": _rest_of(fields),
    }
    count = sum(field.is_expected for field in fields)
    lines = [
        "def decode(d, _):",
        " if d.__class__ is not dict: raise Mismatch",
        f" o = Twin(); n = {count}; odd = False",
    ]
    expected: list[str] = []
    others: list[str] = []
    for index, field in enumerate(fields):
        source = _field_source(index, field, scope, converter)
        (expected if field.is_expected else others).extend(source)
    skipped = [f"o.{field.name}" for field in fields if not field.is_expected]
    lines += [
        *expected,
        f" if len(d) == n: {' = '.join([*skipped, 'o._rest'])} = None",
        " else:",
        *(" " + line for line in others),
        "  o._rest = rest(d, o, odd) if len(d) != n else None",
        " o.__class__ = Model",
        " return o",
    ]
    exec(compile("\n".join(lines), f"<decoder of {cls.__name__}>", "exec"), scope)  # noqa: S102
    decoder: Callable[[Any, Any], Any] = scope["decode"]
    return decoder


def _field_source(index: int, field: Field, scope: dict[str, Any], conv: Converter) -> list[str]:
    """Write the lines of one field.

    `n` counts the keys that the fields reproduce exactly: it begins with the number of those
    that are expected.
    """
    key, target = repr(field.wire), f"o.{field.name}"
    store = _store_source(index, field, target, scope, conv)
    if field.required:
        return [f" v = d[{key}]", *(" " + line for line in store)]
    is_counted = field.is_expected or not _is_exact(field.type)
    absent, present = (
        ("; n -= 1" if field.is_expected else ""),
        ([] if is_counted else ["  n += 1"]),
    )
    return [
        f" v = d.get({key})",
        f" if v is None: {target} = None{absent}",
        " else:",
        *("  " + line for line in store),
        *present,
    ]


def _store_source(
    index: int, field: Field, target: str, scope: dict[str, Any], conv: Converter
) -> list[str]:
    """Write the lines that check `v` and store it. Inexact ones correct `n` themselves."""
    exact, inexact = ("pass", "n -= 1") if field.is_expected else ("n += 1", "pass")
    inexact += "; odd = True"
    tp = field.type
    if tp in _CHECKS:
        return [f"if {_CHECKS[tp].format(v='v')}: raise Mismatch", f"{target} = v"]
    if _is_plain_container(tp):
        received, items = ("list", "v") if get_origin(tp) in ARRAYS else ("dict", "v.values()")
        scope.update(tuple=tuple, ReadOnlyDict=ReadOnlyDict)
        made = {Sequence: "tuple(v)", Mapping: "ReadOnlyDict(v)"}.get(get_origin(tp), "v")
        return [
            f"if v.__class__ is not {received}: raise Mismatch",
            f"for x in {items}:",
            f" if {_CHECKS[get_args(tp)[-1]].format(v='x')}: raise Mismatch",
            f"{target} = {made}",
        ]
    if tp is datetime:
        return [
            "if v.__class__ is not str: raise Mismatch",
            f"if {_USUAL_TIME}: {target} = usual_time(v); {exact}",
            f"else: {target} = time(v); {inexact}",
        ]
    name = f"f{index}"
    if get_origin(tp) is list and _is_nested(get_args(tp)[0]):
        scope[name] = conv.get_structure_hook(get_args(tp)[0])
        return [
            "if v.__class__ is not list: raise Mismatch",
            f"{target} = [{name}(x, 0) for x in v]",
        ]
    scope[name] = conv.get_structure_hook(tp)
    scope[f"t{index}"] = tp
    store = f"{target} = w = {name}(v, t{index})"
    if _is_nested(tp):
        return [store]
    return [store, f"if w is v or w == v: {exact}", f"else: {inexact}"]


def _is_plain_container(tp: Any) -> bool:
    """Tell a list or map of plain values, which is kept as it came."""
    return get_origin(tp) in (*ARRAYS, *OBJECTS) and get_args(tp)[-1] in _CHECKS


def _is_exact(tp: Any) -> bool:
    """Tell what always encodes back to the JSON that it came as."""
    return tp in _CHECKS or _is_plain_container(tp) or _is_nested(tp)


def _is_nested(tp: Any) -> bool:
    """Tell what keeps its own remainder: a model, and lists and maps of models."""
    if get_origin(tp) in (*ARRAYS, *OBJECTS):
        return _is_nested(get_args(tp)[-1])
    return attrs.has(get_origin(tp) or tp)


def _rest_of(
    fields: Sequence[Field],
) -> Callable[[dict[str, Any], Any, bool], dict[str, Any] | None]:
    """Return the function that collects what the fields alone would not write back the same."""
    known = frozenset(field.wire for field in fields)
    inexact = [(field.wire, field.name) for field in fields if not _is_exact(field.type)]

    def rest(received: dict[str, Any], model: Any, odd: bool) -> dict[str, Any] | None:
        kept = {
            wire: value for wire, value in received.items() if value is None or wire not in known
        }
        for wire, name in inexact if odd else ():
            value = received.get(wire)
            if value is None or _is_usual_time(value):
                continue
            if not is_spelled(getattr(model, name), value):
                kept[wire] = value
        if holds_large_float(kept):
            raise MismatchError  # it may have been an integer that has to be read again
        return kept or None

    return rest


def _mutable_twin(cls: type) -> type:
    """Make a class of the same memory layout whose attributes can be set.

    It shares the base, so that Python allows the later switch of `__class__`. Its methods have to
    be the plain ones again: with one setter left over, Python takes a road nine times slower.
    """
    body: dict[str, Any] = {
        "__slots__": cls.__dict__["__slots__"],
        "__setattr__": object.__setattr__,
        "__delattr__": object.__delattr__,
        "__init__": object.__init__,
    }
    if "__orig_bases__" in cls.__dict__:  # generic: typing wants to see with what it was filled
        body["__orig_bases__"] = cls.__dict__["__orig_bases__"]
    return type(cls.__name__, cls.__bases__, body)
