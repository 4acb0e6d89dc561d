"""The page about a fleet in Markdown, for a ticket: a pure function of how it stands."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from migrate.report.fleet.parts import slowest, to_look_at
from migrate.wording import counted, span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from migrate.events import FleetSeen
    from migrate.fleet.rows import FleetRow


def markdown(seen: FleetSeen) -> str:
    """Given how a fleet stands, return the page."""
    return "\n".join(_lines(seen)) + "\n"


def _lines(seen: FleetSeen) -> Iterator[str]:
    counts = ", ".join(f"{number} {state}" for state, number in seen.counts.items())
    yield f"# Fleet {_safe(seen.name)} to {seen.to_plan}"
    yield ""
    yield f"{seen.fleet} is {seen.word}: {counts}."
    if seen.why:
        yield f"It was stopped: {_safe(seen.why)}"
    took = f"From the first beginning to the last end {span(seen.seconds)}"
    yield f"{took}; {span(seen.eager_seconds)} eager over all apps that are done."
    yield from ("", "## Waves", "")
    yield from _table(("wave", "apps", "how they are", "longest", "eager"), map(_wave, _waves(seen.apps)))
    bad = to_look_at(seen.apps)
    if bad:
        yield from ("", f"## {counted(len(bad), 'app')} to look at", "")
        yield from _table(("app", "state", "code", "what", "type next"), map(_trouble, bad))
    yield from ("", "## Slowest", "")
    yield from _table(
        ("app", "took", "eager"),
        ((row.app, _span(row.seconds), _span(row.eager_seconds)) for row in slowest(seen.apps)),
    )
    yield from ("", "## Every app", "")
    yield from _table(("wave", "app", "state", "migration", "took", "eager"), map(_app, seen.apps))


def _waves(rows: Sequence[FleetRow]) -> list[list[FleetRow]]:
    numbers = sorted({row.wave for row in rows})
    return [[row for row in rows if row.wave == number] for number in numbers]


def _wave(rows: Sequence[FleetRow]) -> tuple[str, ...]:
    states = ", ".join(f"{number} {state}" for state, number in Counter(row.state for row in rows).items())
    longest = max((row.seconds for row in rows if row.seconds is not None), default=None)
    eager = [row.eager_seconds for row in rows if row.eager_seconds is not None]
    return (str(rows[0].wave), str(len(rows)), states, _span(longest), _span(sum(eager) if eager else None))


def _trouble(row: FleetRow) -> tuple[str, ...]:
    return (row.app, row.state, row.code, row.what, f"`{row.next}`" if row.next else "")


def _app(row: FleetRow) -> tuple[str, ...]:
    return (str(row.wave), row.app, row.state, row.migration, _span(row.seconds), _span(row.eager_seconds))


def _span(seconds: float | None) -> str:
    return "" if seconds is None else span(seconds)


def _table(names: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    for row in rows:
        yield f"| {' | '.join(map(_safe, row))} |"


def _safe(text: str) -> str:
    """Given a text from elsewhere, return it so that it ends no cell and makes no markup but our own code."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
