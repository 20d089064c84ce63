"""The vendored wire reference, read for the tests that hold the library to it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

HERE = Path(__file__).parent / "wire_reference"

ENDPOINTS: list[dict[str, Any]] = json.loads((HERE / "endpoints.json").read_text("utf-8"))[
    "endpoints"
]
MODELS_FILE: dict[str, Any] = json.loads((HERE / "models.json").read_text("utf-8"))
MODELS: dict[str, dict[str, Any]] = {model["name"]: model for model in MODELS_FILE["models"]}
INPUTS: dict[str, dict[str, Any]] = {m["name"]: m for m in MODELS_FILE["request_models"]}
EXAMPLES: list[dict[str, Any]] = json.loads((HERE / "examples" / "INDEX.json").read_text("utf-8"))


def example(file: str) -> Any:
    """Return the body of one example."""
    return json.loads((HERE / "examples" / file).read_text("utf-8"))


def method_of(client: Any, name: str) -> Any:
    """Find `chats.messages.reactions.add` on a client."""
    for part in name.split("."):
        client = getattr(client, part)
    return client


def full_arguments(endpoint: dict[str, Any]) -> dict[str, Any]:
    """Return every parameter under its Python name, with the value of the recorded call."""
    recorded = endpoint["recorded"]["full"]
    _, _, target = recorded["request_line"].partition(" ")
    path, _, query = target.partition("?")
    given: dict[str, Any] = {}
    template = endpoint["path"].split("/")
    for part, value in zip(template, path.split("/"), strict=True):
        for parameter in endpoint["path_params"]:
            if part == f"{{{parameter['wire']}}}":
                given[parameter["py"]] = unquote(value)
    pairs = parse_qsl(query, keep_blank_values=True)
    for parameter in endpoint["query_params"]:
        values = [value for name, value in pairs if name == parameter["wire"]]
        if values:
            given[parameter["py"]] = _from_query(parameter["type"], values)
    for parameter in endpoint["body_params"]:
        if "multipart_parts" in recorded:
            given.update(file=("a b.txt", b"hi", "text/plain"), file_name="a b.txt")
            given.update(mime_type="text/plain")
        elif parameter["wire"] in (recorded.get("body") or {}):
            given[parameter["py"]] = _pythonic(
                parameter["type"], recorded["body"][parameter["wire"]]
            )
    return given


def _from_query(kind: str, values: list[str]) -> Any:
    if kind.startswith("array"):
        return values
    (value,) = values
    if kind == "boolean":
        return value == "true"
    if kind in ("integer", "number"):
        return int(value)
    return datetime.fromisoformat(value) if kind == "datetime" else value


def _pythonic(kind: str, value: Any) -> Any:
    """Give a nested object the names it has in Python."""
    if kind == "datetime":
        return datetime.fromisoformat(value)
    if kind.startswith("map<"):
        return {key: _pythonic(kind[4:-1], item) for key, item in value.items()}
    if kind.startswith("array<"):
        return [_pythonic(kind[6:-1], item) for item in value]
    if not kind.startswith("ref:") or kind[4:] not in INPUTS:
        return value
    fields = {field["wire"]: field for field in INPUTS[kind[4:]]["fields"]}
    return {
        fields[wire]["py"]: _pythonic(fields[wire]["type"], item) for wire, item in value.items()
    }


def fields_of(model: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the fields of a model, those of its base first."""
    base = fields_of(MODELS[model["base"]]) if model.get("base") else []
    return [*base, *model["fields"]]
