"""Looks, beside the watch for emptiness, for what keeps it from ending, and says it once.

Nothing here decides that a broker is empty, and nothing that fails here disturbs the watch: what could not be
read is not spoken of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from migrate.brokers.report import QueueReport, Unreadable
from migrate.clients.broker import readable
from migrate.lookout import leaks, stall
from migrate.lookout.app_view import AppView
from migrate.lookout.findings import Findings, not_drained
from migrate.lookout.held import held
from migrate.lookout.picture import Ebb, Picture
from migrate.lookout.progress import figures
from migrate.lookout.reading import Reading
from migrate.lookout.ways_on import ways_on
from migrate.state import turned_round

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrate.brokers.report import Observation, QueueCount, WorkerReport
    from migrate.clients.broker import Broker
    from migrate.errors import NotDrained
    from migrate.lookout.leaks import Leak
    from migrate.lookout.stall import Cause
    from migrate.run import Run
    from migrate.waits import Waiting

STATISTICS_SECONDS: Final = 5.0
"""How often counters are read: they are no fresher."""
WORKERS_SECONDS: Final = 15.0
"""How often busy workers are asked: each question is a message to every one of them, and an answer."""
_COST: Final = 20.0
"""What takes long is read so many times more seldom than it takes."""
_REMEMBERED_SECONDS: Final = 60.0


class Lookout:
    """What one watch over a broker knows beside its looks."""

    def __init__(self, run: Run, broker: Broker, expected: int, old_dynos_gone: float) -> None:
        self._run, self._broker, self._expected = run, broker, expected
        self._sorting = run.migration.sorting
        self._old_dynos_counted = old_dynos_gone + leaks.STATISTICS_LAG
        self._deadline = run.clock.monotonic() + run.limits.drain.deadline
        self._readings: list[Reading] = []
        self._due = self._ask_workers = run.clock.monotonic()
        self._ebb = Ebb(run.clock.monotonic())
        self._app = AppView(run)
        self._found = Findings()
        self._said: set[object] = set()

    def look(self, look: Observation) -> None:
        """Given the latest look, read what is due, and say what it shows for the first time."""
        self._ebb = self._ebb.after(look, self._sorting)
        if self._run.clock.monotonic() < self._due:
            return
        self._take(look)
        self._found = replace(
            self._found,
            leak=self._named(look, self._leak(look, self._old_dynos_counted)),
            forsaken=self._forsaken(look),
            cause=self._stall(look),
        )
        self._say()

    def waiting(self, last: Waiting, looks: Sequence[Observation]) -> Waiting:
        """Given why to wait and the looks so far, return both for people and for programs."""
        detail = figures(looks, self._readings, self._sorting)
        return self._found.waiting(last, detail, self._run.clock.now())

    def not_drained(self, last: Waiting, looks: Sequence[Observation]) -> NotDrained:
        """Given the last reason and the looks so far, return what ends the wait at its deadline.

        Now whatever is known is told, also what was not sure enough to be said before.
        """
        if looks:
            self._take(looks[-1], afresh=True)
            self._found = Findings(
                held=self._found.held,
                leak=self._found.leak or self._leak(looks[-1], 0.0),
                forsaken=stall.never_consumed(self._picture(looks[-1])),
                cause=stall.diagnose(self._full_picture(looks[-1])),
            )
            last = self.waiting(last, looks)
        return not_drained(last, self._found, self._app.setting(), self._run.clock.now(), self._ways_on())

    def _take(self, look: Observation, *, afresh: bool = False) -> None:
        if afresh:
            self._ask_workers = self._run.clock.monotonic()
            self._app.forget()
        self._readings.append(self._read(look))
        while self._readings[-1].at - self._readings[0].at > _REMEMBERED_SECONDS:
            del self._readings[0]
        self._found = replace(self._found, held=held(self._readings[-1].workers, self._work(look)))

    def _read(self, look: Observation) -> Reading:
        clock = self._run.clock
        began = clock.monotonic()
        statistics = readable(self._broker.rabbitmq.statistics)
        consumers = readable(self._broker.rabbitmq.consumers)
        took = clock.monotonic() - began
        self._due = began + max(STATISTICS_SECONDS, _COST * took)
        return Reading(began, statistics, consumers, self._workers(look))

    def _workers(self, look: Observation) -> WorkerReport | Unreadable:
        if look.workers is not None:
            return look.workers
        if self._readings and self._run.clock.monotonic() < self._ask_workers:
            return self._readings[-1].workers
        return self._ask()

    def _ask(self) -> WorkerReport | Unreadable:
        clock = self._run.clock
        began = clock.monotonic()
        workers = readable(lambda: self._broker.control.report(self._expected or None, as_far_as_known=True))
        self._ask_workers = began + max(WORKERS_SECONDS, _COST * (clock.monotonic() - began))
        return workers

    def _leak(self, look: Observation, since: float) -> Leak | None:
        """Return what came in between the first reading after a moment and the last one."""
        usable = [item for item in self._readings if item.at >= since]
        if len(usable) < 2:  # noqa: PLR2004 -- it takes two readings
            return None
        work = {queue.name for queue in self._work(look)}
        return leaks.find(usable[0], usable[-1], work, self._app.eager_for(), self._readings[0])

    def _named(self, look: Observation, leak: Leak | None) -> Leak | None:
        """Given a leak that is about to be told, return it with the tasks that workers have just taken."""
        if leak is None or not leak.certain or leak.tasks or leak.key in self._said:
            return leak
        self._readings[-1] = replace(self._readings[-1], workers=self._ask())
        return self._leak(look, self._old_dynos_counted)

    def _forsaken(self, look: Observation) -> Cause | None:
        # A consumer that has just come is listed some seconds late.
        known = len(self._readings) > 1 and self._readings[-1].at - self._readings[0].at >= leaks.STATISTICS_LAG
        return stall.never_consumed(self._picture(look)) if known else None

    def _stall(self, look: Observation) -> Cause | None:
        if look.at - self._ebb.since < stall.STALL_SECONDS:
            return None
        return stall.diagnose(self._full_picture(look))

    def _picture(self, look: Observation) -> Picture:
        return Picture(
            app=self._run.app,
            queues=tuple(queue for queue in self._work(look) if queue.messages),
            dead_letters=_dead_letters(look),
            before=self._readings[0],
            now=self._readings[-1],
            expected=self._expected,
            consumed=self._run.migration.consumed,
            held=self._found.held,
            at=self._run.clock.now(),
            leak=self._leak(look, self._old_dynos_counted),
            left=self._has_left,
        )

    def _full_picture(self, look: Observation) -> Picture:
        """Return the picture with what takes more questions."""
        setting = self._app.setting()
        troubles = readable(self._broker.rabbitmq.troubles)
        return replace(
            self._picture(look),
            formation=setting.formation,
            dynos=setting.dynos,
            troubles=None if isinstance(troubles, Unreadable) else troubles,
        )

    def _say(self) -> None:
        now = self._run.clock.now()
        left = self._deadline - self._run.clock.monotonic()
        news = [(key, text) for key, text in self._found.news(self._app.setting, now, left) if key not in self._said]
        for key, text in news:
            self._said.add(key)
            self._run.note(text)
        if news and "ways on" not in self._said:
            self._said.add("ways on")
            self._run.note(f"It keeps waiting. What else can be done, after Ctrl-C: {'; '.join(self._ways_on())}")

    def _ways_on(self) -> tuple[str, ...]:
        run, until = self._run, self._found.held.until if self._found.held else None
        seconds = (until - run.clock.now()).total_seconds() if until else 0.0
        forsaken = self._found.forsaken.queue if self._found.forsaken else ""
        back = turned_round(run.journal)
        limit = run.limits.drain.deadline
        return ways_on(run.command, run.migration, limit, seconds, forsaken, back=back, past=self._has_left)

    @property
    def _has_left(self) -> bool:
        journal = self._run.journal
        return journal.outcome("reattach") is not None and not turned_round(journal)

    def _work(self, look: Observation) -> tuple[QueueCount, ...]:
        return self._sorting.work(look.queues) if isinstance(look.queues, QueueReport) else ()


def _dead_letters(look: Observation) -> dict[str, str]:
    """Return the queues that others name, by the default exchange, as the place for their dead letters."""
    queues = look.queues.queues if isinstance(look.queues, QueueReport) else ()
    places = {str(queue.arguments.get("x-dead-letter-routing-key", "")): queue.name for queue in queues}
    return {place: source for place, source in places.items() if place}
