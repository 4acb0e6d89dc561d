"""What is missing on one broker of what there should be, and what is there but made otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct
from msgspec.structs import asdict, replace

from migrate.topology.shapes import Binding, Exchange, Policy, Queue, Topology

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T", Exchange, Queue, Policy)

_TYPE: Final = "x-queue-type"
_DEFAULT_TYPE: Final = "classic"


class Difference(Struct, frozen=True):
    """Between what there should be and what there is."""

    missing: Topology
    conflicts: tuple[str, ...]
    """What is there under the same name and made otherwise, in words: it stays as it is."""


def difference(wanted: Topology, there: Topology) -> Difference:
    """Given what there should be on a broker and what there is, return what is missing and what is otherwise."""
    conflicts: list[str] = []
    missing = replace(
        wanted,
        exchanges=_missing("exchange", wanted.exchanges, there.exchanges, conflicts),
        queues=_missing("queue", wanted.queues, there.queues, conflicts),
        policies=_missing("policy", wanted.policies, there.policies, conflicts),
        bindings=_missing_bindings(wanted.bindings, there.bindings),
    )
    return Difference(missing, tuple(conflicts))


def _missing(what: str, wanted: Sequence[T], there: Sequence[T], conflicts: list[str]) -> tuple[T, ...]:
    found = {item.name: item for item in there}
    for item in wanted:
        other = found.get(item.name)
        if other is not None and (unlike := _unlike(item, other)):
            conflicts.append(f"{what} {item.name} is there already, with {unlike}")
    return tuple(item for item in wanted if item.name not in found)


def _missing_bindings(wanted: Sequence[Binding], there: Sequence[Binding]) -> tuple[Binding, ...]:
    found = [_comparable(item) for item in there]
    return tuple(item for item in wanted if _comparable(item) not in found)


def _unlike(item: Exchange | Queue | Policy, other: Exchange | Queue | Policy) -> str:
    wanted, found = _comparable(item), _comparable(other)
    return ", ".join(
        f"{key} {_shown(found.get(key))} instead of {_shown(wanted.get(key))}"
        for key in sorted(wanted.keys() | found.keys())
        if wanted.get(key) != found.get(key)
    )


def _comparable(item: Exchange | Queue | Policy | Binding) -> dict[str, Any]:
    """Return what a thing was made with, flat; a queue that does not say its type is a classic one."""
    flat: dict[str, Any] = {}
    for key, value in asdict(item).items():
        if key in {"arguments", "definition"}:
            flat |= value
        else:
            flat[key] = value
    if flat.get(_TYPE) == _DEFAULT_TYPE:
        del flat[_TYPE]
    return flat


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)
