"""What a saved preview rests on: the facts that decide, in words, and how they differ from those of now.

Left out is what moves every second, such as how many messages are in which queue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from migrate.brokers.report import Unreadable
from migrate.migration import EAGER, MARKER
from migrate.secrets import redact_json
from migrate.wording import listed
from migrate.workers.restart import REMAP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from migrate.facts import Facts
    from migrate.migration import Migration

    Fingerprint = Mapping[str, str | Sequence[str]]

_NOT_COMPARED: Final = frozenset({"id"})
_SHOWN: Final = 4


class Change(Struct, frozen=True):
    """One fact that is not as it was; of a list only what has gone and what has come."""

    fact: str
    was: str
    now: str

    def __str__(self) -> str:
        return f"{self.fact}: {self.was} -> {self.now}"


def fingerprint(facts: Facts) -> Fingerprint:
    """Given the facts, return those that decide, by name, as text or sorted lists of text; without secrets."""
    newest = facts.releases[0] if facts.releases else None
    found: dict[str, str | Sequence[str]] = {
        "app": f"{facts.app.name} ({facts.app.id})",
        "maintenance mode": _on(on=facts.app.maintenance),
        "add-on": f"{facts.add_on.name} ({facts.add_on.id})",
        "its plan": facts.add_on.plan,
        "its price": facts.current_plan.price if facts.current_plan else "unknown",
        "its state": facts.add_on.state,
        "attachments": sorted(f"{item.app}::{item.name}" for item in facts.attachments),
        "other add-ons of the service": sorted(facts.other_add_ons),
        "wanted plan": facts.target if facts.target_plan else f"{facts.target}, which cannot be ordered",
        "wanted plan's price": facts.target_plan.price if facts.target_plan else "unknown",
        "several add-ons at once": "allowed" if facts.several_per_app else "not allowed",
        "process types": sorted(f"{i.type}={i.quantity} {i.size}: {i.command}" for i in facts.formation),
        "newest release": f"v{newest.version}" if newest else "none",
        "slug": (newest.slug if newest else None) or "none",
        "preboot": _on(on=facts.preboot),
        "config vars": sorted(facts.variables),
        EAGER: facts.eager if facts.eager is not None else "not set",
        MARKER: "not set" if facts.marker is None else "set",
        REMAP: facts.remap_sigterm or "not set",
        "copies of the address": sorted(
            f"{item.app}{'::' if item.app else ''}{item.variable} ({item.holds})" for item in facts.copies
        ),
        "broker": _known(facts.broker.label),
        "broker's version": _known(facts.broker.version),
    }
    redacted: Fingerprint = redact_json(found)
    return redacted


def decided(migration: Migration) -> Mapping[str, Any]:
    """Given a migration, return what was decided about it at the start, as JSON gives it back; without secrets."""
    body = {name: value for name, value in migration.to_json().items() if name not in _NOT_COMPARED}
    plain: Mapping[str, Any] = redact_json(body)
    return plain


def changes(was: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Change, ...]:
    """Given two fingerprints, or what was decided at two times, return every fact that differs."""
    return tuple(_changes(was, now))


def _changes(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for name in {**was, **now}:
        before, after = was.get(name), now.get(name)
        if isinstance(before, list | tuple) and isinstance(after, list | tuple):
            gone = [str(item) for item in before if item not in after]
            come = [str(item) for item in after if item not in before]
            if gone or come:
                yield Change(name, listed(gone, _SHOWN) or "nothing", listed(come, _SHOWN) or "nothing")
        elif before != after:
            yield Change(name.replace("_", " ") if name.islower() else name, _said(before), _said(after))


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={count}" for name, count in value.items()) or "none"
    return "not known" if value is None else str(value)


def _known(value: str | Unreadable) -> str:
    return "could not be read" if isinstance(value, Unreadable) else value


def _on(*, on: bool) -> str:
    return "on" if on else "off"
