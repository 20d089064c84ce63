"""What every model has in common: the fields no attribute stands for, and a way back to JSON."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import NOTHING, field, fields, frozen

from .._codec.encoder import ENCODERS
from .._codec.json_text import dumps
from .._codec.json_values import copy_json


@frozen(kw_only=True, weakref_slot=False, repr=False)
class Model:
    """Base of everything the app answers.

    Models are immutable; `attrs.evolve(chat, title="New")` makes a changed copy. Fields that the
    app sent and this release has no attribute for are kept in `extra`, and go back out with
    `to_dict()`, so nothing is lost on a round trip.
    """

    wire_case: ClassVar[str] = "camel"
    usual: ClassVar[tuple[str, ...]] = ()
    """Optional attributes that most objects have. They are read first; the others are skipped when
    nothing more has come."""
    is_shared: ClassVar[bool] = False
    """Whether equal objects that one client receives are one object; they hold only what can't be
    changed."""

    # Whatever of the received object its fields can't reproduce to the letter: unknown fields,
    # explicit nulls, unusual spellings of a time. None, not an empty dict, because nearly every
    # object has nothing here and there are hundreds of thousands of them.
    _rest: Mapping[str, Any] | None = field(default=None, alias="extra", repr=False, eq=False)

    def __repr__(self) -> str:
        # Without what is not there, and without the content of messages (marked repr=False).
        required_first = sorted(fields(type(self)), key=lambda a: a.default is not NOTHING)
        shown = (
            f"{a.name}={value!r}"
            for a in required_first
            if a.repr and (value := getattr(self, a.name)) is not None
        )
        return f"{type(self).__name__}({', '.join(shown)})"

    @property
    def extra(self) -> Mapping[str, Any]:
        """Fields the app sent that this release has no attribute for, under their wire names.

        What is in it is a copy.
        """
        if not self._rest:
            return {}
        from .._codec.fields import fields_of

        known = {f.wire for f in fields_of(type(self))}
        return {name: copy_json(value) for name, value in self._rest.items() if name not in known}

    @property
    def misfits(self) -> Mapping[str, Any]:
        """JSON of the fields that did not fit their type, under their wire names.

        Their attributes are None, or lack the entries that did not fit. `to_dict()` returns them as
        they were received, unless the attribute was changed.
        """
        if not self._rest:
            return {}
        from .._codec.kept import misfits_of

        return misfits_of(self)

    def is_null(self, name: str) -> bool:
        """Tell a field that was sent as null from one that was left out; both read as None.

        Args:
            name: The attribute, e.g. `"mentions"`: null means "scan the text" there, absent
                means "mentions nobody".
        """
        from .._codec.fields import fields_of

        wire = next((f.wire for f in fields_of(type(self)) if f.name == name), None)
        if wire is None:
            raise AttributeError(f"{type(self).__name__} has no field {name!r}")
        return getattr(self, name) is None and wire in (self._rest or {})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, strict: bool = False) -> Self:
        """Build the model from a JSON object, with the names of the wire.

        Args:
            data: The object, e.g. from `to_dict()` or `page.raw_items`. It is copied.
            strict: False leaves out what doesn't fit, as responses are read: it is in `misfits`.
                True raises.

        Raises:
            DecodeError: A required field is missing or doesn't fit, or with `strict` any field.
                Its `problems` name each place.

        Example:
            from beeper_async.models import Message

            async with AsyncBeeperDesktop() as client:
                chat = (await client.chats.list()).items[0]
                raw = (await client.messages.list(chat.id)).raw_items[0]
            print(Message.from_dict(raw).timestamp)
        """
        from .._codec.records import model_from

        return model_from(cls, data, strict=strict)

    @classmethod
    def from_json(cls, text: str | bytes, *, strict: bool = False) -> Self:
        """Build the model from JSON text, with the names of the wire.

        Args:
            text: The text, e.g. from `to_json()`.
            strict: As for `from_dict`.

        Raises:
            DecodeError: The text is not JSON, or the same as for `from_dict`.

        Example:
            from beeper_async.models import Message

            async with AsyncBeeperDesktop() as client:
                chat = (await client.chats.list()).items[0]
                message = (await client.messages.list(chat.id)).items[0]
            print(Message.from_json(message.to_json()) == message)  # True
        """
        from .._codec.records import model_from_json

        return model_from_json(cls, text, strict=strict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, with the names of the wire; what came in goes out unchanged."""
        encoded: dict[str, Any] = ENCODERS[self.__class__](self)
        return encoded

    def to_json(self, *, indent: int | None = 2) -> str:
        """Return the JSON text, indented by two spaces, or on one line with `indent=None`."""
        return dumps(ENCODERS[self.__class__](self), indent=bool(indent))
