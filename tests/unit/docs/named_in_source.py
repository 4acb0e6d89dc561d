"""The errors, findings and raised names of the program, collected from its classes and its source."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from markdown_pages import ROOT

from migrate.errors import MigrateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _subclasses(cls: type[MigrateError]) -> Iterator[type[MigrateError]]:
    for child in cls.__subclasses__():
        yield child
        yield from _subclasses(child)


def _nodes(folder: Path) -> Iterator[ast.AST]:
    for path in folder.rglob("*.py"):
        yield from ast.walk(ast.parse(path.read_text()))


def _name(node: ast.expr | None) -> str:
    """Given what is called or raised, return its name: ``Error``, ``Error(...)``, ``module.Error(...)``."""
    if isinstance(node, ast.Call):
        return _name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _made() -> set[str]:
    nodes = list(_nodes(ROOT / "migrate"))
    called = {_name(node) for node in nodes if isinstance(node, ast.Call)}
    return called | {_name(node.exc) for node in nodes if isinstance(node, ast.Raise)}


def _findings() -> dict[str, str]:
    found: dict[str, str] = {}
    for node in _nodes(ROOT / "migrate" / "preflight"):
        if isinstance(node, ast.Call) and _name(node) == "Finding":
            code, severity = node.args[:2]
            found[str(ast.literal_eval(code))] = _name(severity).lower()
    return found


ERRORS: Final = {error.__name__: error for error in _subclasses(MigrateError)}
"""Every error class by its name."""
CODED: Final = {name: error for name, error in ERRORS.items() if "code" in vars(error)}
"""Those with a code of their own."""
RAISED: Final = sorted(_made() & set(ERRORS))
"""The names of those that the program makes somewhere."""
FINDINGS: Final = _findings()
"""The severity of every finding by its code."""
