"""The record that stays: each event that says something to people, as lines that can be scrolled to and copied."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from migrate.events import (
    Advised,
    CommandEnded,
    CommandStarted,
    ConnectionsCounted,
    EffectConfirmed,
    Event,
    FleetAppChanged,
    FleetPreviewed,
    FleetSeen,
    FlowerRead,
    GateOpened,
    HeldAtGate,
    HistoryRead,
    MessagesCounted,
    MigrationStarted,
    PlansListed,
    Previewed,
    PreviewOutdated,
    Result,
    SpoolMessage,
    SpoolRead,
    StepDone,
    StepNoted,
    StepSkipped,
    StepStarted,
    StepWaiting,
)
from migrate.exits import Exit
from migrate.listeners.drain_table import figure
from migrate.listeners.drawing import estimate
from migrate.wording import span

if TYPE_CHECKING:
    from collections.abc import Mapping

_QUEUES_IN_A_LINE: Final = 3


class Line(Struct, frozen=True):
    """One line."""

    text: str
    step: str = ""
    """What it is about; such a line begins with the time."""
    hang: int = 0
    """Columns by which it is indented where it must be broken."""
    style: str = ""
    """Rich's, where the terminal has colours."""


@functools.singledispatch
def lines(event: Event) -> Iterable[Line]:  # noqa: ARG001 -- other events have nothing to say to people
    """Given an event, return what stays of it."""
    return ()


def waiting(event: StepWaiting) -> Line:
    """Given that a step waits, return the line that says so now and then."""
    told = estimate(event.detail)
    return Line(f"waiting: {event.reason}{f'; {told}' if told else ''}{_in_a_line(event.detail)}", event.step)


@lines.register
def _(event: Previewed) -> Iterable[Line]:
    from migrate.listeners import preview_text

    return (Line(text, style=preview_text.style(text)) for text in preview_text.lines(event))


@lines.register
def _(event: PreviewOutdated) -> Iterable[Line]:
    yield Line(f"{event.app} since the preview was saved:")
    for change in event.changes:
        yield Line(f"  {change.fact}: {change.was}  ->  {change.now}")


@lines.register
def _(event: PlansListed) -> Iterable[Line]:
    from migrate.listeners import plans_text

    return map(Line, plans_text.lines(event))


@lines.register
def _(event: MessagesCounted) -> Iterable[Line]:
    from migrate.listeners import messages_text

    return map(Line, messages_text.lines(event))


@lines.register
def _(event: Advised) -> Iterable[Line]:
    from migrate.listeners import doctor_text

    return map(Line, doctor_text.lines(event))


@lines.register
def _(event: ConnectionsCounted) -> Iterable[Line]:
    from migrate.listeners import connections_text

    return map(Line, connections_text.lines(event))


@lines.register
def _(event: FlowerRead) -> Iterable[Line]:
    from migrate.listeners import flower_text

    return map(Line, flower_text.lines(event))


@lines.register
def _(event: FleetPreviewed) -> Iterable[Line]:
    from migrate.listeners import fleet_text

    return map(Line, fleet_text.preview(event))


@lines.register
def _(event: FleetSeen) -> Iterable[Line]:
    from migrate.listeners import fleet_text

    return map(Line, fleet_text.standing(event))


@lines.register
def _(event: FleetAppChanged) -> Iterable[Line]:
    return (Line(event.text, event.app),)


@lines.register
def _(event: MigrationStarted) -> Iterable[Line]:
    how = "going back" if event.back else "resumed" if event.resumed else "started"
    return (Line(f"{event.app}: {event.from_plan} to {event.to_plan}, {how}."),)


@lines.register
def _(event: StepStarted) -> Iterable[Line]:
    return (Line(event.title, event.step),)


@lines.register
def _(event: StepSkipped) -> Iterable[Line]:
    return (Line("done by an earlier process", event.step),)


@lines.register
def _(event: CommandStarted) -> Iterable[Line]:
    return (Line(f"running: {event.command}", event.step),)


@lines.register
def _(event: CommandEnded) -> Iterable[Line]:
    return (Line(f"the command has ended: {event.status}", event.step),)


@lines.register
def _(event: HeldAtGate) -> Iterable[Line]:
    yield Line(f"held until somebody types: {event.opens}    (for {span(event.seconds)} at most)", event.step)
    for text in filter(None, (event.state, event.costs)):
        yield Line(text, event.step)


@lines.register
def _(event: GateOpened) -> Iterable[Line]:
    return (Line(f"opened by {event.who}", event.step),)


@lines.register
def _(event: StepNoted) -> Iterable[Line]:
    return (Line(event.text, event.step),)


@lines.register
def _(event: EffectConfirmed) -> Iterable[Line]:
    settled = f"{event.effect} had happened already; it was not sent again"
    return (Line(settled, event.step),) if event.settled else ()


@lines.register
def _(event: StepDone) -> Iterable[Line]:
    return (Line(f"done in {event.seconds:.1f} s", event.step),)


@lines.register
def _(event: HistoryRead) -> Iterable[Line]:
    from migrate.listeners import history_text

    return map(Line, history_text.lines(event))


@lines.register
def _(event: SpoolRead) -> Iterable[Line]:
    yield Line(f"{event.of} of {event.app}: {event.path}")
    for queue in event.queues:
        doubt = f", {queue['in_doubt']} of them in doubt" if queue["in_doubt"] else ""
        yield Line(f"  {queue['name']}: {queue['messages']} messages, {queue['waiting']} on no broker{doubt}")


@lines.register
def _(event: SpoolMessage) -> Iterable[Line]:
    yield Line(f"  {event.queue:<20} {event.task or '-':<40} {event.id or '-':<36} {event.bytes:>9}  {event.state}")


@lines.register
def _(event: Result) -> Iterable[Line]:
    code = f"  [{event.code}, exit {int(event.exit)}]" if event.exit not in {Exit.DONE, Exit.ROLLED_BACK} else ""
    yield Line(event.what + code)
    if event.why:
        yield _of_result("why", event.why)
    if event.state:
        yield _of_result("state", event.state)
    if event.eager_seconds is not None:
        yield _of_result("eager", f"tasks ran inside their callers for {event.eager_seconds:.1f} s")
    for command in event.next:
        yield _of_result("next", command)
    for command in event.choices:
        yield _of_result("or", command)
    if event.back:
        yield _of_result("or back", event.back)
    if event.runbook:
        yield _of_result("runbook", f"migrate-plan runbook {event.code}")


def _of_result(name: str, text: str) -> Line:
    return Line(f"  {name + ':':<9}{text}", hang=11)


def _in_a_line(detail: Mapping[str, Any]) -> str:
    busy = [queue for queue in detail.get("queues") or () if queue["ready"] or queue["unacknowledged"]]
    return "".join(f"; {_queue_in_words(queue)}" for queue in busy[:_QUEUES_IN_A_LINE])


def _queue_in_words(queue: Mapping[str, Any]) -> str:
    came, went = figure(queue.get("published_per_second")), figure(queue.get("delivered_per_second"))
    text = f"{queue['name']} {queue['ready']} ready, {queue['unacknowledged']} unacknowledged"
    return f"{text}, consumers {figure(queue['consumers'])}, in {came}/s, out {went}/s"
