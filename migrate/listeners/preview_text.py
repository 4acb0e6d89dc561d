"""A preview as text: what was found, then every step with what it sees, does and costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.events import Previewed
    from migrate.preflight.finding import Finding
    from migrate.preview import Outlook, Preview
    from migrate.queue_rows import QueueRow


def lines(previewed: Previewed) -> Iterator[str]:
    """Given a preview, return its lines."""
    yield (
        f"{previewed.app}: {previewed.add_on} from {previewed.from_plan} ({previewed.price_before}) "
        f"to {previewed.to_plan} ({previewed.price_after}), strategy {previewed.strategy}"
    )
    if previewed.strategies:
        yield ""
        yield "Strategies"
        for outlook in previewed.strategies:
            yield from _outlook(outlook, chosen=outlook.strategy == previewed.strategy)
    if previewed.queues:
        yield ""
        yield "Queues"
        for row in previewed.queues:
            yield from _queues(row)
    if previewed.findings:
        yield ""
        yield "Checks"
        for finding in previewed.findings:
            yield from _finding(finding)
    if previewed.steps:
        yield ""
        yield "Steps"
        for number, step in enumerate(previewed.steps, start=1):
            yield from _step(number, step)
    yield ""


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
    return f"about {seconds} s" if seconds < 120 else f"about {seconds / 60:.0f} min"  # noqa: PLR2004 -- two minutes


def _queues(row: QueueRow) -> Iterator[str]:
    more = f" and {row.queues - len(row.names)} more" if row.queues > len(row.names) else ""
    verdict = "work" if row.work else "not work"
    yield f"  {verdict:<9}{row.kind}: {', '.join(row.names)}{more}; messages: {row.messages}"
    yield f"           {row.why}"


def _finding(finding: Finding) -> Iterator[str]:
    yield f"  {finding.severity.upper():<7}{finding.code}: {finding.what}"
    yield f"         {finding.why}"
    yield f"         > {finding.do}"


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
