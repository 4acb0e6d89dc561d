"""The machine: walks a strategy's steps, each once, over as many processes as it takes.

A step is done, verified, recorded. A later process skips what is behind, does anew what only proves
something, and first of all asks the live system about every call whose outcome is not recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from migrate import holder
from migrate.effects import settle
from migrate.errors import AppHeld, MigrateError, StoreUnusable, Unexpected
from migrate.events import MigrationStarted, StepDone, StepSkipped, StepStarted, StepWaiting
from migrate.results import Stopped, stop, success
from migrate.run import Limits, Run
from migrate.secrets import redact
from migrate.steps.quiet_release import live
from migrate.store.journal import Journal
from migrate.store.store import State
from migrate.strategies import STRATEGIES
from migrate.waits import Waiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.clients.broker import Brokers
    from migrate.clients.heroku import Heroku
    from migrate.clock import Clock
    from migrate.events import Event, Result
    from migrate.migration import Migration
    from migrate.steps import Step
    from migrate.store.store import Store
    from migrate.waits import Waiting

PULSE_SECONDS: Final = 20.0
"""How often a wait renews the lease."""


@dataclass
class Runner:
    """Runs migrations with one set of clients, in one process."""

    store: Store
    heroku: Heroku
    brokers: Brokers
    clock: Clock
    emit: Callable[[Migration, Event], None]
    resume_command: Callable[[Migration], str]
    limits: Limits = field(default_factory=Limits)
    _renewed: float = 0.0

    def begin(self, migration: Migration) -> Result:
        """Write a new migration down and run it; raises AppHeld when another process has the app."""
        self._take_lease(migration)
        self.store.create(migration)
        return self._run(migration, resumed=False)

    def resume(self, migration: Migration) -> Result:
        """Go on with a migration that stopped; raises AppHeld when another process works on it."""
        self._take_lease(migration)
        self.store.set_state(migration.id, State.RUNNING)
        return self._run(migration, resumed=True)

    def _run(self, migration: Migration, *, resumed: bool) -> Result:
        journal = Journal(self.store, migration.id, self.clock)
        run = self._context(migration, journal)
        strategy = STRATEGIES[migration.strategy]
        run.emit(_started(migration, strategy, resumed=resumed))
        try:
            result = _walk(run, strategy, resumed=resumed)
        except (MigrateError, Stopped) as error:
            result = self._stop(run, strategy, error)
        except Exception as error:  # noqa: BLE001 -- a fault of our own must not hide the state of the app
            what = f"migrate-plan itself failed in step {run.step} ({type(error).__name__})."
            result = self._stop(run, strategy, Unexpected(what, why=redact(str(error))))
        else:
            self._write_down(run, State.DONE)
        finally:
            run.close()
        return result

    def _stop(self, run: Run, strategy: tuple[Step, ...], error: MigrateError | Stopped) -> Result:
        if not isinstance(error, AppHeld):
            _leave(run, strategy)
        result = stop(error, run.migration, run.journal, self.resume_command(run.migration))
        self._write_down(run, State.STOPPED if run.journal.changed_anything else State.ENDED, result)
        return result

    def _write_down(self, run: Run, state: State, stopped: Result | None = None) -> None:
        # Where the store has failed, what matters now is that the operator reads the state of the app.
        # What another process has taken over is written down by that one.
        me = holder.this_process()
        try:
            if (self.store.holder(run.app) or me) != me:
                return
            if stopped is not None:
                run.journal.stopped(stopped.code, {"what": redact(stopped.what), "why": redact(stopped.why)})
            self.store.set_state(run.migration.id, state)
            self.store.release_lease(run.app, me)
        except (StoreUnusable, AppHeld) as error:
            run.note(f"The end could not be written down: {error.what}")

    def _context(self, migration: Migration, journal: Journal) -> Run:
        def waiting(reason: Waiting) -> None:
            run.emit(StepWaiting(run.step, reason.reason, reason.detail or {}))
            self._pulse(migration)

        def emit(event: Event) -> None:
            self.emit(migration, event)

        run = Run(
            migration=migration,
            heroku=self.heroku,
            brokers=self.brokers,
            journal=journal,
            waiter=Waiter(self.clock, waiting),
            emit=emit,
            who=holder.who(),
            limits=self.limits,
        )
        return run

    def _take_lease(self, migration: Migration) -> None:
        me = holder.this_process()
        other = self.store.holder(migration.app)
        if other is not None and other != me and holder.is_dead(other):
            self.store.release_lease(migration.app, other)
        self.store.take_lease(migration.app, migration.id, me)
        self._renewed = self.clock.monotonic()

    def _pulse(self, migration: Migration) -> None:
        if self.clock.monotonic() - self._renewed >= PULSE_SECONDS:
            self._take_lease(migration)


def eager_seconds(journal: Journal) -> float | None:
    """Given a journal, return how long the app was eager: from the one release being live to the other."""
    began, ended = journal.noted_at(live("eager-on")), journal.noted_at(live("eager-off"))
    return (ended - began).total_seconds() if began and ended else None


def _walk(run: Run, strategy: tuple[Step, ...], *, resumed: bool) -> Result:
    if resumed:
        for step in strategy:
            run.step = step.name
            for effect in step.effects(run):
                settle(run, effect)
    for step in strategy:
        run.step = step.name
        if step.is_behind(run.journal):
            run.emit(StepSkipped(step.name))
        else:
            _take(run, step)
    return success(run.migration, run.journal, eager_seconds(run.journal))


def _take(run: Run, step: Step) -> None:
    began = run.clock.monotonic()
    run.emit(StepStarted(step.name, step.title))
    step.do(run)
    step.verify(run)
    run.journal.step_done(step.name)
    run.emit(StepDone(step.name, round(run.clock.monotonic() - began, 3)))


def _leave(run: Run, strategy: tuple[Step, ...]) -> None:
    # Also for what ended the process between two steps: the name is that of the last one begun.
    for step in strategy:
        if step.name == run.step:
            step.stopped(run)


def _started(migration: Migration, strategy: tuple[Step, ...], *, resumed: bool) -> MigrationStarted:
    return MigrationStarted(
        app=migration.app,
        add_on=migration.add_on,
        from_plan=migration.from_plan,
        to_plan=migration.to_plan,
        strategy=migration.strategy,
        steps=tuple(step.name for step in strategy),
        resumed=resumed,
    )
