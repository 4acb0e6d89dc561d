"""Frozen dataclasses that are made when the first value of their kind is.

``dataclass`` writes and compiles six functions for each class, which takes a millisecond. A command knows two hundred
kinds of values and has a dozen of them, so that this was a third of its start. https://docs.python.org/3/library/dataclasses.html
"""

from __future__ import annotations

import threading
from dataclasses import Field, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Mapping

_ONE_AT_A_TIME: Final = threading.RLock()


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Value:
    """Whose subclasses are what ``@dataclass(frozen=True)`` makes of them, from the first look at one on."""

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __init_subclass__(cls, **settings: Any) -> None:
        """Have the class made by whoever makes the first value, or asks for the fields."""
        super().__init_subclass__(**settings)
        for name, stand_in in _STAND_INS.items():
            setattr(cls, name, stand_in)


def _make_the_first(self: Value, *arguments: Any, **named: Any) -> None:
    _make(type(self))
    vars(type(self))["__init__"](self, *arguments, **named)


class _AskedForFields:
    def __get__(self, _value: object, kind: type[Value]) -> dict[str, Field[Any]]:
        _make(kind)
        found: dict[str, Field[Any]] = vars(kind)["__dataclass_fields__"]
        return found


_STAND_INS: Final[dict[str, Any]] = {"__init__": _make_the_first, "__dataclass_fields__": _AskedForFields()}


def _make(kind: type[Value]) -> None:
    with _ONE_AT_A_TIME:
        if vars(kind)["__init__"] is not _make_the_first:
            return  # another thread has made it meanwhile
        before = dict(vars(kind))
        try:
            for name in _STAND_INS:
                delattr(kind, name)
            dataclass(frozen=True)(kind)
        except BaseException:
            # A signal may ask for the end just now, and how it ended is told in values.
            _put_back(kind, before)
            raise


def _put_back(kind: type[Value], before: Mapping[str, Any]) -> None:
    for name in vars(kind).keys() - before.keys():
        delattr(kind, name)
    for name, known in before.items():
        if vars(kind).get(name) is not known:
            setattr(kind, name, known)
