"""Text for people: on a terminal with live progress of the step at hand, elsewhere line by line."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from migrate.events import (
    Advised,
    CommandEnded,
    CommandStarted,
    ConnectionsCounted,
    EffectConfirmed,
    Event,
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
    StatusRead,
    StepDone,
    StepNoted,
    StepSkipped,
    StepStarted,
    StepWaiting,
)
from migrate.exits import Exit
from migrate.listeners import (
    connections_text,
    doctor_text,
    flower_text,
    messages_text,
    plans_text,
    preview_text,
    status_text,
)
from migrate.secrets import redact
from migrate.wording import span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    from migrate.clock import Clock

HEARTBEAT_SECONDS: Final = 10.0
"""Off a terminal a wait says so often that it goes on."""
_NAME: Final = 16
_QUEUES_IN_A_LINE: Final = 3


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let the caller know, instead of ending the process on the spot as rich would."""
        raise  # noqa: PLE0704 -- rich calls this from its except clause


class ConsoleText:
    """Draws events on one stream. NO_COLOR is honoured by rich itself."""

    def __init__(self, stream: TextIO, clock: Clock, *, live: bool = True) -> None:
        self._console = _Console(file=stream, highlight=False, soft_wrap=True, markup=False)
        self._clock = clock
        self._draws = live and self._console.is_terminal
        self._live: Live | None = None
        self._lent = False
        self._spoke = clock.monotonic()

    @functools.singledispatchmethod
    def _show(self, event: Event) -> None:
        """Events that have nothing to say to people."""

    def hear(self, event: Event, migration: str) -> None:  # noqa: ARG002 -- people know which one it is
        """Draw one event."""
        self._show(event)

    def say(self, text: str) -> None:
        """Print one line that is no event."""
        self._console.print(Text(redact(text)))
        self._spoke = self._clock.monotonic()

    def close(self) -> None:
        """End the live part of the screen."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    @_show.register
    def _(self, event: Previewed) -> None:
        for line in preview_text.lines(event):
            self.say(line)

    @_show.register
    def _(self, event: PreviewOutdated) -> None:
        self.say(f"{event.app} since the preview was saved:")
        for change in event.changes:
            self.say(f"  {change.fact}: {change.was}  ->  {change.now}")

    @_show.register
    def _(self, event: PlansListed) -> None:
        for line in plans_text.lines(event):
            self.say(line)

    @_show.register
    def _(self, event: MessagesCounted) -> None:
        self.close()
        for line in messages_text.lines(event):
            self.say(line)

    @_show.register
    def _(self, event: Advised) -> None:
        for line in doctor_text.lines(event):
            self.say(line)

    @_show.register
    def _(self, event: ConnectionsCounted) -> None:
        for line in connections_text.lines(event):
            self.say(line)

    @_show.register
    def _(self, event: FlowerRead) -> None:
        for line in flower_text.lines(event):
            self.say(line)

    @_show.register
    def _(self, event: MigrationStarted) -> None:
        how = "going back" if event.back else "resumed" if event.resumed else "started"
        self.say(f"{event.app}: {event.from_plan} to {event.to_plan}, {how}.")

    @_show.register
    def _(self, event: StepStarted) -> None:
        self._line(event.step, event.title)
        self._draw(event.title, {})

    @_show.register
    def _(self, event: StepSkipped) -> None:
        self._line(event.step, "done by an earlier process")

    @_show.register
    def _(self, event: StepWaiting) -> None:
        if self._draws:
            self._draw(event.reason, event.detail)
        elif self._clock.monotonic() - self._spoke >= HEARTBEAT_SECONDS:
            self._line(event.step, f"waiting: {event.reason}{_estimate(event.detail)}{_in_a_line(event.detail)}")

    @_show.register
    def _(self, event: CommandStarted) -> None:
        # The screen is the command's until it ends.
        self.close()
        self._line(event.step, f"running: {event.command}")
        self._lent = True

    @_show.register
    def _(self, event: CommandEnded) -> None:
        self._lent = False
        self._line(event.step, f"the command has ended: {event.status}")

    @_show.register
    def _(self, event: HeldAtGate) -> None:
        self.close()
        self._line(event.step, f"held until somebody types: {event.opens}    (for {span(event.seconds)} at most)")
        for text in filter(None, (event.state, event.costs)):
            self._line("", text)

    @_show.register
    def _(self, event: GateOpened) -> None:
        self.close()
        self._line(event.step, f"opened by {event.who}")

    @_show.register
    def _(self, event: StepNoted) -> None:
        self._line(event.step, event.text)

    @_show.register
    def _(self, event: EffectConfirmed) -> None:
        if event.settled:
            self._line(event.step, f"{event.effect} had happened already; it was not sent again")

    @_show.register
    def _(self, event: StepDone) -> None:
        self.close()
        self._line(event.step, f"done in {event.seconds:.1f} s")

    @_show.register
    def _(self, event: StatusRead) -> None:
        for line in status_text.lines(event, self._clock.now()):
            self.say(line)

    @_show.register
    def _(self, event: HistoryRead) -> None:
        for line in status_text.history(event):
            self.say(line)

    @_show.register
    def _(self, event: SpoolRead) -> None:
        self.say(f"{event.of} of {event.app}: {event.path}")
        for queue in event.queues:
            doubt = f", {queue['in_doubt']} of them in doubt" if queue["in_doubt"] else ""
            self.say(f"  {queue['name']}: {queue['messages']} messages, {queue['waiting']} on no broker{doubt}")

    @_show.register
    def _(self, event: SpoolMessage) -> None:
        self.say(f"  {event.queue:<20} {event.task or '-':<40} {event.id or '-':<36} {event.bytes:>9}  {event.state}")

    @_show.register
    def _(self, event: Result) -> None:
        self.close()
        for line in _ending(event):
            self.say(line)

    def _line(self, step: str, text: str) -> None:
        self.say(f"{self._clock.now():%H:%M:%S}  {step:<{_NAME}} {text}")

    def _draw(self, reason: str, detail: Mapping[str, Any]) -> None:
        if not self._draws or self._lent:
            return
        if self._live is None:
            self._live = Live(console=self._console, transient=True, refresh_per_second=8)
            self._live.start()
        spinner = Spinner("dots", text=Text(redact(reason + _estimate(detail))))
        queues = detail.get("queues") or ()
        self._live.update(Group(spinner, _queue_table(queues)) if queues else spinner)


def _queue_table(queues: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 2))
    table.add_column("queue")
    for name in ("ready", "unacknowledged", "consumers", "in/s", "out/s"):
        table.add_column(name, justify="right")
    for queue in queues:
        figures = (queue["ready"], queue["unacknowledged"], queue["consumers"], *_rates(queue))
        table.add_row(Text(redact(queue["name"])), *map(_figure, figures))
    return table


def _rates(queue: Mapping[str, Any]) -> tuple[float | None, float | None]:
    return queue.get("published_per_second"), queue.get("delivered_per_second")


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"


def _in_a_line(detail: Mapping[str, Any]) -> str:
    busy = [queue for queue in detail.get("queues") or () if queue["ready"] or queue["unacknowledged"]]
    return "".join(f"; {_queue_in_words(queue)}" for queue in busy[:_QUEUES_IN_A_LINE])


def _queue_in_words(queue: Mapping[str, Any]) -> str:
    came, went = map(_figure, _rates(queue))
    text = f"{queue['name']} {queue['ready']} ready, {queue['unacknowledged']} unacknowledged"
    return f"{text}, consumers {_figure(queue['consumers'])}, in {came}/s, out {went}/s"


def _estimate(detail: Mapping[str, Any]) -> str:
    rate, left = detail.get("messages_per_second"), detail.get("seconds_left")
    if not rate or not left:
        return ""
    return f"; {rate:g} a second, about {left} s left"


def _ending(event: Result) -> list[str]:
    lines = [event.what]
    if event.exit not in {Exit.DONE, Exit.ROLLED_BACK}:
        lines[0] += f"  [{event.code}, exit {int(event.exit)}]"
    if event.why:
        lines.append(f"  why:     {event.why}")
    if event.state:
        lines.append(f"  state:   {event.state}")
    if event.eager_seconds is not None:
        lines.append(f"  eager:   tasks ran inside their callers for {event.eager_seconds:.1f} s")
    lines += [f"  next:    {command}" for command in event.next]
    lines += [f"  or:      {command}" for command in event.choices]
    if event.back:
        lines.append(f"  or back: {event.back}")
    if event.runbook:
        lines.append(f"  runbook: migrate-plan runbook {event.code}")
    return lines
