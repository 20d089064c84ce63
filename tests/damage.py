"""Random damage to JSON: what apps of other versions, and faulty ones, may put in any place."""

import json
from typing import Any, Final

from hypothesis import strategies as st

from beeper_async._codec.json_values import is_array, is_object

from . import reference

_DEEP: Final = "<deep>"
_JUNK: Final[list[Any]] = [
    *(None, True, False, 0, -1, 1.5, 1e300, 2**63, -(10**30), "", "\udc00", "x" * 5000, "null"),
    *("2026-13-40T00:00:00Z", [], {}, [None], [[]], {"a": {"b": []}}, {"id": 1}, _DEEP),
]
_INTO: Final = st.sampled_from([False, True, True, True])
JUNK: Final[st.SearchStrategy[Any]] = st.sampled_from(_JUNK)


def damaged(data: st.DataObject, value: Any) -> Any:
    """Damage one place of a JSON value, or all of it: put junk there, or take it out."""
    into: bool = data.draw(_INTO)
    if into and is_object(value) and value:
        key = data.draw(st.sampled_from([*sorted(value), "unknown"]))
        if data.draw(st.booleans()):
            return {name: part for name, part in value.items() if name != key}
        return {**value, key: damaged(data, value.get(key))}
    if into and is_array(value) and value:
        index = data.draw(st.integers(0, len(value) - 1))
        return [*value[:index], damaged(data, value[index]), *value[index + 1 :]]
    return data.draw(JUNK)


def written(value: Any) -> bytes:
    """Write damaged JSON, with lists in lists where it stands for them."""
    return json.dumps(value).replace(f'"{_DEEP}"', "[" * 900 + "]" * 900).encode()


def answers_of(endpoint: dict[str, Any]) -> list[Any]:
    """Return every example of what an endpoint answers, or of the model that it answers with."""
    own = [x for x in reference.EXAMPLES if x["endpoint"] == endpoint["sdk_name"] and x["file"]]
    model = endpoint["response"]["model"]
    same = [x for x in reference.EXAMPLES if x["file"] and x["model"] == model]
    files = [x["file"] for x in own or same if x["status"] == 200]
    return [reference.example(file) for file in files] or [{}]
