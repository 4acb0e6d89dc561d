"""Takes a value of the command line as it is where that is what its option wants: none, a text, a number by default.

Typer hands every value to Pydantic, also none, and that takes longer to import than a command to do its work.
"""

from __future__ import annotations

import inspect
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Callable


class PlainCommand(TyperCommand):
    """A command with such options."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return its options, that for help among them."""
        return _plain(super().get_params(ctx), self.callback)


class PlainGroup(TyperGroup):
    """Commands that have such options before their names."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return these options, that for help among them."""
        return _plain(super().get_params(ctx), self.callback)


def _plain(parameters: list[Any], callback: Callable[..., Any] | None) -> list[Any]:
    wanted = inspect.signature(callback).parameters if callback is not None else {}
    for parameter in parameters:
        own = vars(parameter)
        if "process_value" not in own:
            kind = _kind(wanted[parameter.name].annotation) if parameter.name in wanted else None
            own["process_value"] = _processing(parameter, kind)
    return parameters


def _processing(parameter: Any, kind: Any) -> Callable[[Any, Any], Any]:
    # In the place of https://click.palletsprojects.com/en/stable/api/#click.Parameter.process_value
    convert = parameter.process_value

    def process_value(context: Any, value: Any) -> Any:
        if value is None and not parameter.required:
            value = () if parameter.multiple or parameter.nargs == -1 else None
        elif kind is float and isinstance(value, int | float):
            value = float(value)
        elif not _is_text(value, kind):
            return convert(context, value)
        return value if parameter.callback is None else parameter.callback(context, parameter, value)

    return process_value


def _kind(annotation: Any) -> Any:
    """Given an annotation such as ``Annotated[list[str] | None, ...]``, return ``list[str]``."""
    bare = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    return get_args(bare)[0] if isinstance(bare, UnionType) else bare


def _is_text(value: Any, kind: Any) -> bool:
    if kind == list[str]:
        return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
    return kind is str and isinstance(value, str)
