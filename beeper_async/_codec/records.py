"""From JSON that a program has kept to models, for `from_dict` and `from_json`."""

from typing import Any, TypeVar

from .decoder import decode_leniently
from .errors import DecodeError
from .json_text import JSONError, loads_exactly
from .json_values import copy_json, is_object

T = TypeVar("T")


def model_from(model: type[T], data: Any, *, strict: bool) -> T:
    """Build a model from a JSON object, which is copied.

    Raises:
        DecodeError: It can't be built, or with `strict` something doesn't fit.
    """
    return _built(model, copy_json(dict(data)) if is_object(data) else data, strict=strict)


def model_from_json(model: type[T], text: str | bytes, *, strict: bool) -> T:
    """Build a model from JSON text.

    Raises:
        DecodeError: It is no JSON, can't be built, or with `strict` something doesn't fit.
    """
    received = text.encode(errors="replace") if isinstance(text, str) else text
    try:
        data = loads_exactly(received)
    except JSONError as error:
        raise DecodeError([f"the text is not JSON ({error})"]) from None
    return _built(model, data, strict=strict)


def _built(model: type[T], data: Any, *, strict: bool) -> T:
    if not is_object(data):
        raise DecodeError([f"expected an object, got {type(data).__name__}"])
    try:
        decoded = decode_leniently(model, data)
    except DecodeError as error:
        problems = error.problems
    else:
        problems = [one for misfit in decoded.misfits for one in misfit.problems]
        if not (strict and problems):
            return decoded.value
    raise DecodeError(problems)  # out here, so that no frame with the data is its context
