"""The JSON Schema of the events: `PYTHONPATH=tests python tests/unit/docs/event_schema.py` writes it."""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
import json
import sys
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from markdown_pages import ROOT
from msgspec import Struct

from migrate.events import Event

PLACE: Final = ROOT / "docs" / "events.schema.json"
HEAD: Final[dict[str, Any]] = {
    "v": {"const": 1},
    "type": {"type": "string"},
    "time": {"type": "string", "format": "date-time"},
    "migration": {"type": "string"},
}
_PLAIN: Final[dict[Any, dict[str, Any]]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    type(None): {"type": "null"},
    object: {},
    Any: {},
}


def schema() -> dict[str, Any]:
    """Return the schema of one line. A type that it does not know is let through: one may be added."""
    kinds = sorted(Event.__subclasses__(), key=lambda kind: kind.type)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One event of migrate-plan, version 1",
        "type": "object",
        "properties": HEAD,
        "required": list(HEAD),
        "allOf": [
            {"if": {"properties": {"type": {"const": kind.type}}}, "then": {"$ref": f"#/$defs/{kind.type}"}}
            for kind in kinds
        ],
        "$defs": {kind.type: of_class(kind) for kind in kinds},
    }


def of_class(kind: type[Struct]) -> dict[str, Any]:
    """Given the class of a value, return the schema of its JSON. Fields may be added, so others are let through."""
    hints = typing.get_type_hints(kind, localns=_imported(kind.__module__))
    fields = {name: of_hint(hints[name]) for name in kind.__struct_fields__}
    return {"type": "object", "properties": fields, "required": list(fields)}


def of_hint(hint: Any) -> dict[str, Any]:
    """Given the type of a field, return the schema of its JSON."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if origin in {types.UnionType, typing.Union}:
        return {"anyOf": [of_hint(item) for item in arguments]}
    if origin is tuple:
        return {"type": "array", "items": of_hint(arguments[0])}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": of_hint(arguments[1])}
    if isinstance(hint, type) and issubclass(hint, Struct):
        return of_class(hint)
    if isinstance(hint, type) and issubclass(hint, enum.StrEnum):
        return {"enum": [str(member) for member in hint]}
    raise TypeError(f"{hint} is not JSON yet")


@cache
def _imported(module: str) -> dict[str, Any]:
    """Return what a module imports for the type checker alone."""
    found: dict[str, Any] = {}
    for node in ast.walk(ast.parse(inspect.getsource(sys.modules[module]))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for name in node.names:
                found[name.asname or name.name] = getattr(importlib.import_module(node.module), name.name, None)
    return found


def text() -> str:
    """Return the file."""
    return json.dumps(schema(), indent=1) + "\n"


if __name__ == "__main__":
    PLACE.write_text(text())
