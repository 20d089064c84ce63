"""Fields that most objects have are read first: no order, and no choice of keys, may matter."""

from itertools import combinations
from typing import Any

import attrs
import pytest

from beeper_async import models
from beeper_async._codec.decoder import decode
from beeper_async._codec.fields import fields_of
from beeper_async.models import Reaction, User

from .random_bodies import Bodies

MODELS: list[Any] = [cls for name in sorted(dir(models)) if attrs.has(cls := getattr(models, name))]


@pytest.mark.parametrize("cls", [cls for cls in MODELS if cls.usual])
def test_usual_fields_are_optional_fields_of_their_model(cls: Any) -> None:
    optional = {field.name for field in fields_of(cls) if not field.required}
    assert set(cls.usual) <= optional


@pytest.mark.parametrize("cls", [Reaction, User])
@pytest.mark.parametrize("more", [{}, {"later": 1}])
def test_every_choice_of_keys_comes_back(cls: Any, more: dict[str, Any]) -> None:
    bodies = Bodies(20)
    fields = fields_of(cls)
    required = {field.wire for field in fields if field.required}
    for size in range(len(fields) + 1):
        for chosen in combinations(fields, size):
            given = {field.wire: bodies.value(field.type) for field in chosen}
            if given.keys() < required:
                continue
            body = {**dict.fromkeys(required, "x"), **given, **more}
            model = decode(cls, body)
            assert model.to_dict() == body
            assert model.extra == more
            for field in fields:
                assert getattr(model, field.name) == body.get(field.wire)
            nulled = {**body, **dict.fromkeys(given.keys() - required)}
            assert decode(cls, nulled).to_dict() == nulled
