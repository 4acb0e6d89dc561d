"""A preview as text: what was found, what it costs, then every step with what it sees, does and undoes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.preview import point_of_no_return
from migrate.wording import counted, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.brokers.queue_rows import QueueRow
    from migrate.events import Previewed
    from migrate.preflight.finding import Finding
    from migrate.preview import Depth, Estimate, Outlook, Preview

POINT_OF_NO_RETURN: Final = "POINT OF NO RETURN"
HELD: Final = "HELD HERE"
_STYLES: Final = {
    f"  ----- {POINT_OF_NO_RETURN}": "bold red",
    f"  ===== {HELD}": "bold yellow",
    "  REFUSE": "red",
    "  ASK": "yellow",
    "  WARN": "yellow",
}


def lines(previewed: Previewed) -> Iterator[str]:
    """Given a preview, return its lines."""
    moved = f"{previewed.add_on} from {previewed.from_plan} ({previewed.price_before})"
    yield f"{previewed.app}: {moved} to {previewed.to_plan} ({previewed.price_after}), strategy {previewed.strategy}"
    for title, rows in _sections(previewed).items():
        if rows:
            yield ""
            yield title
            yield from rows
    yield ""


def style(line: str) -> str:
    """Given a line of a preview, return the rich style that it is drawn in; empty for none."""
    if line and not line.startswith(" "):
        return "bold"
    return next((style for start, style in _STYLES.items() if line.startswith(start)), "")


def _sections(previewed: Previewed) -> dict[str, list[str]]:
    chosen = previewed.strategy
    return {
        "Found": [f"  {row.name:<8} {row.text}" for row in previewed.found],
        "Strategies": [
            line for item in previewed.strategies for line in _outlook(item, chosen=item.strategy == chosen)
        ],
        "Queues": [
            *(line for row in previewed.queues for line in _queues(row)),
            *(line for depth in previewed.depths if previewed.queues for line in _depth(depth)),
        ],
        "Checks": [line for finding in previewed.findings for line in _finding(finding)],
        "Steps": list(_steps(previewed)),
        "Estimate": list(_estimate(previewed.estimate)) if previewed.estimate else [],
    }


def _outlook(outlook: Outlook, *, chosen: bool) -> Iterator[str]:
    marks = [mark for mark, holds in (("chosen", chosen), ("recommended", outlook.recommended)) if holds]
    head = f"  {outlook.strategy:<13}"
    if outlook.obstacle:
        yield f"{head}no: {outlook.obstacle}{' (chosen)' if chosen else ''}"
        return
    seconds = outlook.eager_seconds
    eager = "never eager" if seconds is None else f"eager for {_about(seconds)} and the drain"
    without = f"without a broker for {_about(outlook.brokerless_seconds)}" if outlook.brokerless_seconds else ""
    figures = [counted(outlook.releases, "release"), counted(outlook.restarts, "dyno restart"), eager, without]
    marked = f" ({', '.join(marks)})" if marks else ""
    yield f"{head}{', '.join(filter(None, figures))}{marked}"
    yield f"{'':<15}waits: {outlook.waits}"


def _about(seconds: int) -> str:
    return f"about {span(seconds)}"


def _queues(row: QueueRow) -> Iterator[str]:
    more = f" and {row.queues - len(row.names)} more" if row.queues > len(row.names) else ""
    verdict = "work" if row.work else "not work"
    yield f"  {verdict:<9}{row.kind}: {', '.join(row.names)}{more}; messages: {row.messages}"
    yield f"           {row.why}"


def _depth(depth: Depth) -> Iterator[str]:
    rates = f"in {_rate(depth.published_per_second)}, out {_rate(depth.delivered_per_second)}"
    yield f"  {depth.queue}: {depth.ready} ready, {depth.unacknowledged} unacknowledged, {rates}"


def _rate(rate: float | None) -> str:
    return "unknown" if rate is None else f"{rate:.3g}/s"


def _finding(finding: Finding) -> Iterator[str]:
    yield f"  {finding.severity.upper():<7}{finding.code}: {finding.what}"
    yield f"         {finding.why}"
    yield f"         > {finding.do}"


def _steps(previewed: Previewed) -> Iterator[str]:
    final = point_of_no_return(previewed.steps)
    for number, step in enumerate(previewed.steps, start=1):
        if step.step in previewed.held_before:
            yield f"  ===== {HELD} until somebody types `migrate-plan continue` ====="
        if step.step == final:
            yield f"  ----- {POINT_OF_NO_RETURN}: up to here all can be undone by `rollback` -----"
        yield from _step(number, step)


def _step(number: int, step: Preview) -> Iterator[str]:
    yield f"  {number}. {step.step}: {step.title}"
    rows = {
        "now": step.observed,
        "then": step.intended,
        "by hand": step.command,
        "undo": step.undo or "CANNOT BE UNDONE",
        "restarts": step.restarts or "nothing",
        "takes": step.duration,
    }
    for name, text in rows.items():
        if text:
            yield f"     {name:<9} {text}"


def _estimate(estimate: Estimate) -> Iterator[str]:
    drain = _about(estimate.drain_seconds) if estimate.drain_seconds is not None else ""
    yield f"  drain      {': '.join(filter(None, (drain, estimate.basis)))}"
    if estimate.eager_seconds is not None:
        yield f"  eager      {_about(estimate.eager_seconds)}: requests take as long as the tasks they hand over"
    if estimate.brokerless_seconds:
        yield f"  no broker  {_about(estimate.brokerless_seconds)}: what is not eager cannot publish"
