"""A fleet as tables for people: what it would do, and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table

from migrate.listeners.tables import drawn
from migrate.wording import counted, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.events import FleetPreviewed, FleetSeen
    from migrate.fleet.rows import FleetRow, LookedAt

_FEW: Final = 30
"""Up to so many apps each has its row; of more, those that are over without trouble are only counted."""


def preview(event: FleetPreviewed) -> Iterator[str]:
    """Given what a fleet would do, return its lines."""
    waves = [sum(row.wave == number for row in event.apps) for number in range(1, event.waves + 1)]
    gate = "each waits for `fleet continue`" if event.gate == "hold" else "one after the other"
    yield f"Fleet {event.name}: {counted(sum(waves), 'app')} to {event.to_plan}."
    yield f"Waves: {', '.join(map(str, waves))}; {gate}. {event.parallel} at once at most."
    yield f"Stopped when more than {event.allowed_failures} fail."
    table = Table(box=None, pad_edge=False)
    for name in ("wave", "app", "plan now", "", "about"):
        table.add_column(name, no_wrap=name in {"wave", "app", "about"})
    for row in event.apps:
        about = f"{span(row.seconds)}" if row.seconds is not None else ""
        table.add_row(str(row.wave or "-"), row.app, row.plan or "unknown", _verdict(row), about)
    yield from drawn(table)


def _verdict(row: LookedAt) -> str:
    if row.verdict in {"refused", "unknown"}:
        return " ".join(filter(None, (f"{row.verdict}: {row.code}.", row.why, row.do)))
    return {"moved": "on it already", "not looked at": ""}.get(row.verdict, row.verdict)


def standing(event: FleetSeen) -> Iterator[str]:
    """Given how a fleet stands, return its lines."""
    counts = ", ".join(f"{number} {state}" for state, number in event.counts.items())
    yield f"Fleet {event.name} ({event.fleet}) to {event.to_plan} is {event.word}: {counts}."
    if event.why:
        yield f"  {event.why}"
    if event.gate:
        yield f"  Wave {event.gate} of {event.waves} waits for a word."
    yield f"  {span(event.seconds)} so far, {span(event.eager_seconds)} eager over all apps that are done."
    shown = [row for row in event.apps if len(event.apps) <= _FEW or row.state not in {"waiting", "done"}]
    table = Table(box=None, pad_edge=False)
    for name in ("wave", "app", "state", "migration", "", "took"):
        table.add_column(name, no_wrap=name not in {"", "state"})
    for row in shown:
        took = span(row.seconds) if row.seconds is not None else ""
        table.add_row(str(row.wave), row.app, row.state, row.migration, _at(row), took)
    yield from drawn(table)
    for row in event.apps:
        if row.state not in {"done", "waiting", "working"} and row.next:
            yield f"  {row.app}: {row.next}"


def _at(row: FleetRow) -> str:
    if row.state in {"done", "waiting"}:
        return ""
    if row.state == "working":
        return row.step
    code = "" if row.code in {"INTERRUPTED", "TERMINATED"} else row.code
    return " ".join(filter(None, (f"at {row.step}" if row.step else "", code, row.what)))
