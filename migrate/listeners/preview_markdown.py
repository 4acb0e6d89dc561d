"""A preview as Markdown, ready for a change ticket: findings, steps, risks, undo, and the same by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.events import Previewed
from migrate.planning.step_commands import by_hand
from migrate.preview import point_of_no_return
from migrate.secrets import redact
from migrate.wording import span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from migrate.events import Event

_EMPTY: Final = "none"


class MarkdownPreview:
    """Writes a preview, and nothing else, so that what it writes to is a whole document."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def hear(self, event: Event, migration: str) -> None:  # noqa: ARG002 -- there is none yet
        """Write the document."""
        if isinstance(event, Previewed):
            self._stream.write("".join(f"{redact(line)}\n" for line in lines(event)))
            self._stream.flush()

    def close(self) -> None:
        """Nothing to leave."""


def lines(previewed: Previewed) -> Iterator[str]:
    """Given a preview, return the lines of the document."""
    yield f"# Move {previewed.app} from {previewed.from_plan} to {previewed.to_plan}"
    yield ""
    rows = [(row.name, row.text) for row in previewed.found]
    rows += [("cost", f"{previewed.price_before} now, {previewed.price_after} then")]
    rows += [("strategy", previewed.strategy), *_estimates(previewed)]
    yield from _table(("", ""), rows)
    yield from _queues(previewed)
    yield from _findings(previewed)
    yield from _steps(previewed)
    yield from _risks(previewed)
    yield from _by_hand(previewed)


def _estimates(previewed: Previewed) -> Iterator[tuple[str, str]]:
    estimate = previewed.estimate
    if estimate is None:
        return
    drain = f"about {span(estimate.drain_seconds)}: " if estimate.drain_seconds is not None else ""
    yield "drain", f"{drain}{estimate.basis}"
    if estimate.eager_seconds is not None:
        yield "eager", f"about {span(estimate.eager_seconds)}"
    if estimate.brokerless_seconds:
        yield "no broker", f"about {span(estimate.brokerless_seconds)}"


def _queues(previewed: Previewed) -> Iterator[str]:
    if previewed.depths:
        yield from _heading("Queues")
        figures = [
            (
                d.queue,
                str(d.ready),
                str(d.unacknowledged),
                _rate(d.published_per_second),
                _rate(d.delivered_per_second),
            )
            for d in previewed.depths
        ]
        yield from _table(("queue", "ready", "unacknowledged", "in/s", "out/s"), figures)


def _findings(previewed: Previewed) -> Iterator[str]:
    yield from _heading("Findings")
    if not previewed.findings:
        yield "The checks found nothing."
    for finding in previewed.findings:
        yield f"- **{finding.severity.upper()} {finding.code}**: {_text(finding.what)} {_text(finding.why)}"
        yield f"  Do: {_code(finding.do)}"


def _steps(previewed: Previewed) -> Iterator[str]:
    yield from _heading("Steps")
    if not previewed.steps:
        yield "They cannot be said: see the findings."
        return
    final = point_of_no_return(previewed.steps)
    rows: list[tuple[str, ...]] = []
    for number, step in enumerate(previewed.steps, start=1):
        if step.step in previewed.held_before:
            rows.append(("", "**HELD HERE**", "", "until somebody types `migrate-plan continue`", "", "", ""))
        if step.step == final:
            rows.append(("", "**POINT OF NO RETURN**", "", "", "", "", "up to here: `migrate-plan rollback`"))
        undo = step.undo or "**cannot be undone**"
        takes, restarts = step.duration, step.restarts or _EMPTY
        rows.append((str(number), step.step, step.observed, step.intended, restarts, takes, undo))
    yield from _table(("", "step", "now", "then", "restarts", "takes", "undo"), rows)


def _risks(previewed: Previewed) -> Iterator[str]:
    yield from _heading("Risks and undo")
    final = point_of_no_return(previewed.steps)
    if final:
        yield f"- Until `{final}` all of it is undone by `migrate-plan rollback`. After it {previewed.add_on} is"
        yield "  gone, and the way back is a migration the other way round."
    else:
        yield "- All of it can be undone by `migrate-plan rollback`."
    restarts = [step.step for step in previewed.steps if step.restarts]
    yield f"- These steps restart or end dynos: {', '.join(restarts) or _EMPTY}."
    estimate = previewed.estimate
    if estimate is not None and any(step.step == "eager-on" for step in previewed.steps):
        yield "- While eager mode is on, a request takes as long as the tasks it hands over, within Heroku's 30 s;"
        yield "  `eta`, `countdown` and retry delays are ignored."
    if estimate is not None and estimate.brokerless_seconds:
        yield "- While there is no broker, what is not eager (`send_task`, beat) cannot publish."
    yield "- Stopped anywhere, it says what state the app is in, and goes on with `migrate-plan resume`."


def _by_hand(previewed: Previewed) -> Iterator[str]:
    if not previewed.steps:
        return
    yield from _heading("By hand")
    yield "What migrate-plan does, without it. `migrate-plan runbook STEP` has what to wait for between the lines."
    yield ""
    yield "```sh"
    for number, step in enumerate(previewed.steps, start=1):
        found = by_hand(step)
        yield f"# {number}. {step.step}: {step.title}"
        yield from found.commands
        if found.remark:
            yield f"#    {found.remark}"
    yield "```"


def _heading(title: str) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(_text, row))} |"


def _text(text: str) -> str:
    # A bar would end the cell, a line break the row.
    return " ".join(text.split()).replace("|", "\\|")


def _code(text: str) -> str:
    marks = "``" if "`" in text else "`"
    return f"{marks}{' '.join(text.split())}{marks}"


def _rate(rate: float | None) -> str:
    return "unknown" if rate is None else f"{rate:.3g}"
