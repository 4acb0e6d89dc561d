"""What an app would need otherwise than it is: pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from migrate.advice.connection_budget import Kind
from migrate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from migrate.advice.connection_budget import Usage

PLAN: Final = "plan"
_NUMBERS: Final = ("concurrency", "pool", "web-workers", "web-threads")


class WhatIf(Struct, frozen=True):
    """What is to be otherwise; what is not named stays as it is."""

    plan: str = ""
    """Without or with its service."""
    dynos: Mapping[str, int] = field(default_factory=dict)
    """By process type."""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """concurrency, pool (the pool limit), web-workers, web-threads."""

    def of(self, usages: Iterable[Usage]) -> tuple[Usage, ...]:
        """Given how an app uses its broker, return how it would."""
        return tuple(map(self._changed, usages))

    def _changed(self, usage: Usage) -> Usage:
        changed = replace(
            usage,
            dynos=self.dynos.get(usage.type, usage.dynos),
            pool_limit=self.numbers.get("pool", usage.pool_limit),
        )
        if usage.kind is Kind.WORKER:
            return replace(changed, processes=self.numbers.get("concurrency", usage.processes))
        if usage.kind is Kind.WEB:
            workers = self.numbers.get("web-workers")
            return replace(
                changed,
                processes=usage.processes if workers is None else workers,
                threads=self.numbers.get("web-threads", usage.threads),
                doubts=usage.doubts if workers is None else (),
            )
        return changed


def what_if(text: str, types: Collection[str]) -> WhatIf:
    """Given ``plan=tiger,web=4,concurrency=8`` and the app's process types, return that; raises UsageError."""
    plan, dynos, numbers = "", dict[str, int](), dict[str, int]()
    for pair in text.split(","):
        name, _, value = (part.strip() for part in pair.partition("="))
        if name == PLAN and value:
            plan = value
        elif name in _NUMBERS:
            numbers[name] = _number(name, value, least=0 if name == "pool" else 1)
        elif name in types:
            dynos[name] = _number(name, value, least=0)
        else:
            known = ", ".join((PLAN, *sorted(types), *_NUMBERS))
            raise UsageError(f"--what-if knows no {name!r}.", why=f"It knows: {known}.", next=_EXAMPLE)
    return WhatIf(plan, dynos, numbers)


_EXAMPLE: Final = "--what-if plan=tiger,web=4,worker=3,concurrency=8"


def _number(name: str, value: str, least: int) -> int:
    if not value.isdecimal() or int(value) < least:
        raise UsageError(f"--what-if {name} needs a number, at least {least}.", next=_EXAMPLE)
    return int(value)
