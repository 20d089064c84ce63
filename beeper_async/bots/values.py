"""Values that are stored as JSON: states, and the arguments of jobs. Pure."""

import inspect
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from cattrs.preconf.json import make_converter

from ..errors import InvalidInputError

T = TypeVar("T")

_CONVERTER: Final = make_converter()


def encode(value: object, kind: Any = None) -> str:
    """Return a value as JSON.

    Args:
        value: The value.
        kind: What it is declared as. None means its class.

    Raises:
        InvalidInputError: It can't be written as JSON.
    """
    try:
        return str(_CONVERTER.dumps(value, unstructure_as=kind, sort_keys=True))
    except Exception as error:
        name = type(value).__name__
        # The text of the error may have the value in it.
        raise InvalidInputError(
            f"A {name} can't be stored as JSON ({type(error).__name__})."
        ) from None


def decode(text: str, kind: type[T]) -> T:
    """Return what was encoded.

    Raises:
        InvalidInputError: The class has changed such that this can't be one.
    """
    try:
        return _CONVERTER.loads(text, kind)
    except Exception as error:
        name = getattr(kind, "__qualname__", str(kind))
        raise InvalidInputError(f"What is stored is no {name} ({type(error).__name__}).") from None


def fresh(kind: type[T]) -> T:
    """Return an object with the defaults of its class.

    Raises:
        InvalidInputError: A field has no default.
    """
    try:
        return kind()
    except TypeError:
        raise InvalidInputError(
            f"{kind.__qualname__} can't be a state: every field needs a default."
        ) from None


def encode_arguments(
    signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> str:
    """Return the arguments of a call as JSON, by the name of the parameter.

    Args:
        signature: That of the function, whose first parameter is left out.
        args: The positional arguments after the first.
        kwargs: The other arguments.

    Raises:
        InvalidInputError: They don't fit the function, or can't be stored.
    """
    try:
        bound = signature.bind(None, *args, **kwargs)
    except TypeError as error:
        raise InvalidInputError(f"The job can't be called like this: {error}.") from None
    parts: list[str] = []
    for name, value in list(bound.arguments.items())[1:]:
        encoded = encode(value, _declared(signature.parameters[name], value))
        parts.append(f"{encode(name)}: {encoded}")
    return "{" + ", ".join(parts) + "}"


def decode_arguments(signature: inspect.Signature, text: str) -> inspect.BoundArguments:
    """Return the arguments that were encoded, with None as the first one.

    Raises:
        InvalidInputError: The function has changed such that they don't fit any more.
    """
    stored = decode(text, dict[str, Any])
    parameters = signature.parameters
    first = next(iter(parameters))
    if not stored.keys() <= parameters.keys():
        raise InvalidInputError("A job was planned with an argument that it does not have now.")
    values: dict[str, Any] = {first: None}
    for name, parameter in parameters.items():
        if name in stored:
            kind = _declared(parameter, stored[name])
            try:
                values[name] = _CONVERTER.structure(stored[name], kind)
            except Exception as error:
                kind_of_error = type(error).__name__
                raise InvalidInputError(
                    f"The stored argument {name} can't be read ({kind_of_error})."
                ) from None
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                values[name] = tuple(values[name])
        elif name != first and _is_required(parameter):
            raise InvalidInputError(f"A job was planned without its argument {name}.")
    return inspect.BoundArguments(signature, values)


def _is_required(parameter: inspect.Parameter) -> bool:
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return parameter.default is inspect.Parameter.empty and parameter.kind not in kinds


def _declared(parameter: inspect.Parameter, value: object) -> Any:
    annotation = parameter.annotation
    kind = type(value) if annotation is inspect.Parameter.empty else annotation
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        return list[kind]  # type: ignore[valid-type]
    if parameter.kind is inspect.Parameter.VAR_KEYWORD:
        return dict[str, kind]  # type: ignore[valid-type]
    return kind
