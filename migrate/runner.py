"""The machine: walks a strategy's steps, each once, over as many processes as it takes.

A step is done, verified, recorded. A later process skips what is behind, does anew what only proves
something, and first of all asks the live system about every call whose outcome is not recorded.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from migrate import holder
from migrate.before_after import see_after
from migrate.changes.effects import settle
from migrate.clients.cloudamqp_instance import Instances
from migrate.clients.shell import Shell
from migrate.errors import AppHeld, MigrateError, StoreUnusable, Unexpected
from migrate.events import MigrationStarted, StepDone, StepSkipped, StepStarted, StepWaiting
from migrate.fault_points import AFTER_DONE, BEFORE_DONE, IN_WAIT, reach
from migrate.hooks import heed_hooks
from migrate.migration import FINISH
from migrate.planning.opening import applied, unfinished
from migrate.results import KEPT, Stopped, kept, rolled_back, stop, success
from migrate.run import Limits, Run
from migrate.secrets import redact, redact_fault
from migrate.state import turned_round
from migrate.steps.quiet_release import live
from migrate.store.journal import Journal
from migrate.store.records import State
from migrate.strategies import point_of_no_return
from migrate.waits import Waiter
from migrate.ways.change_of_plan import with_plan
from migrate.ways.closing import refuse_unkept
from migrate.ways.gates import eager_since, journal_of, pass_gate
from migrate.ways.way_back import path, set_out

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime

    from migrate.clients.broker import Brokers
    from migrate.clients.heroku import Heroku
    from migrate.clock import Clock
    from migrate.commands import Command
    from migrate.events import Event, Result
    from migrate.facts import Surveyed
    from migrate.migration import Migration
    from migrate.steps import Step
    from migrate.store.store import Store
    from migrate.waits import Waiting

T = TypeVar("T")

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
    command: Command
    limits: Limits = field(default_factory=Limits)
    shield: Callable[[], AbstractContextManager[None]] = nullcontext
    shell: Shell = field(default_factory=Shell)
    ask_before: Callable[[Migration, str, float], str | None] = lambda _migration, _step, _seconds: None
    """Asks the operator's hooks for so long whether a step may begin; returns why not, None where there are none."""
    spools: Path = Path()
    instances: Instances = field(default_factory=Instances)
    on_fault: Callable[[BaseException], None] = lambda _error: None
    """Told of what nobody foresaw, before it becomes a result."""
    _renewed: float = 0.0

    def begin(self, migration: Migration, surveyed: Surveyed | None = None) -> Result:
        """Write a new migration down and run it, from what was read for its preview as far as that is still true.

        Raises AppHeld when another process has the app.
        """
        self._take_lease(migration)
        # Another one may have begun, and died, while this one was being confirmed.
        if (other := self.store.unfinished(migration.app)) is not None:
            self.store.release_lease(migration.app, holder.this_process())
            raise unfinished(other, self.command)
        if (known := self.store.find(migration.id)) is not None:
            self.store.release_lease(migration.app, holder.this_process())
            raise applied(known, self.command)
        self.store.create(migration)
        return self._run(migration, lambda run: self._set_out(run, surveyed))

    def resume(self, migration: Migration, plan: str = "") -> Result:
        """Go on with a migration that stopped, in its direction, perhaps to another plan.

        Raises AppHeld when another process works on it.
        """
        self._take_lease(migration)
        return self._run(migration, lambda run: self._pick_up(run, plan))

    def roll_back(self, migration: Migration) -> Result:
        """Undo a migration from wherever it is; once set out, resume goes on in that direction."""
        self._take_lease(migration)
        return self._run(migration, self._turn_round)

    def finish(self, migration: Migration) -> Result:
        """Remove the old add-on that was kept; once that has begun, resume goes on with it."""
        self._take_lease(migration)
        return self._run(migration, self._let_go)

    def _run(self, migration: Migration, prepare: Callable[[Run], None]) -> Result:
        journal = Journal(self.store, migration.id, self.clock)
        run = self._context(migration, journal)
        try:
            prepare(run)
            result = _walk(run, path(run.migration, run.journal))
        except (MigrateError, Stopped) as error:
            result = self._stop(run, error)
        except Exception as error:  # noqa: BLE001 -- a fault of our own must not hide the state of the app
            self.on_fault(error)
            what = f"migrate-plan itself failed in step {run.step} ({type(error).__name__})."
            result = self._stop(run, Unexpected(what, why=redact_fault(str(error))))
        else:
            self._write_down(run, _state_at_the_end(journal, result))
        finally:
            run.close()
        return result

    def _set_out(self, run: Run, surveyed: Surveyed | None) -> None:
        run.surveyed = surveyed
        run.emit(self._started(run, resumed=False))

    def _pick_up(self, run: Run, plan: str) -> None:
        back = turned_round(run.journal)
        self.store.set_state(run.migration.id, State.ROLLING_BACK if back else State.RUNNING)
        run.emit(self._started(run, resumed=True))
        _settle(run)
        if plan and plan != run.migration.to_plan:
            run.migration = self.store.amend(with_plan(run.migration, run.journal, plan, self.command))

    def _let_go(self, run: Run) -> None:
        # Under the lock: another process may have gone back since this was confirmed.
        refuse_unkept(run.migration, run.journal, self.command)
        run.journal.note(FINISH, {})
        self._pick_up(run, "")

    def _turn_round(self, run: Run) -> None:
        set_out(run, self.command)
        self.store.set_state(run.migration.id, State.ROLLING_BACK)
        run.emit(self._started(run, resumed=True))
        _settle(run)

    def _started(self, run: Run, *, resumed: bool) -> MigrationStarted:
        migration, steps = run.migration, path(run.migration, run.journal)
        return MigrationStarted(
            app=migration.app,
            add_on=migration.add_on,
            from_plan=migration.from_plan,
            to_plan=migration.to_plan,
            strategy=migration.strategy,
            steps=tuple(step.name for step in steps),
            resumed=resumed,
            back=turned_round(run.journal),
            began=_stamp(self.store.record(migration.id).created_at),
            eager_since=_stamp(since) if (since := eager_since(run.journal)) else None,
            point_of_no_return=point_of_no_return(steps),
            titles=tuple(step.title for step in steps),
        )

    def _stop(self, run: Run, error: MigrateError | Stopped) -> Result:
        if not isinstance(error, AppHeld):
            _leave(run)
        result = stop(error, run.migration, run.journal, self.command)
        self._write_down(run, _state_after(run.journal), result)
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
            reach(run.step, IN_WAIT)
            run.heroku.forget()
            run.emit(StepWaiting(run.step, reason.reason, reason.detail or {}))
            self._pulse(migration)

        def emit(event: Event) -> None:
            self.emit(migration, event)

        def insist(read: Callable[[], T]) -> T:
            if run.ending or not journal.sent_anything:
                return self.heroku.insist(read)
            return run.waiter.outlast(read, run.limits.outage)

        heroku = self.heroku.sharing()
        run = Run(
            migration=migration,
            heroku=heroku.insisting(insist),
            brokers=self.brokers,
            journal=journal,
            waiter=Waiter(self.clock, waiting),
            emit=emit,
            who=holder.who(),
            heroku_once=heroku,
            command=self.command,
            limits=self.limits,
            shield=self.shield,
            shell=self.shell,
            ask_before=lambda step, seconds: self.ask_before(migration, step, seconds),
            spools=self.spools,
            instances=self.instances,
            words=lambda: self.store.entries(journal_of(migration.id)),
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


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _state_at_the_end(journal: Journal, result: Result) -> State:
    if result.code == KEPT:
        return State.STOPPED
    return State.ROLLED_BACK if turned_round(journal) else State.DONE


def _state_after(journal: Journal) -> State:
    if turned_round(journal):
        return State.ROLLING_BACK
    return State.STOPPED if journal.changed_anything else State.ENDED


def _settle(run: Run) -> None:
    for step in path(run.migration, run.journal):
        run.step = step.name
        for effect in step.effects(run):
            settle(run, effect)


def _walk(run: Run, path: tuple[Step, ...]) -> Result:
    for step in path:
        run.step = step.name
        if step.is_behind(run.journal):
            run.emit(StepSkipped(step.name))
        elif step.is_held(run.migration, run.journal) and not turned_round(run.journal):
            see_after(run)
            return kept(run.migration, run.journal, run.command)
        else:
            pass_gate(run)
            heed_hooks(run)
            _take(run, step)
    see_after(run)
    if turned_round(run.journal):
        return rolled_back(run.migration, run.journal)
    return success(run.migration, run.journal, eager_seconds(run.journal))


def _take(run: Run, step: Step) -> None:
    began = run.clock.monotonic()
    run.emit(StepStarted(step.name, step.title))
    step.do(run)
    step.verify(run)
    reach(step.name, BEFORE_DONE)
    run.journal.step_done(step.name)
    reach(step.name, AFTER_DONE)
    run.emit(StepDone(step.name, round(run.clock.monotonic() - began, 3)))


def _leave(run: Run) -> None:
    run.ending = True
    # Also for what ended the process between two steps: the name is that of the last one begun.
    for step in path(run.migration, run.journal):
        if step.name == run.step:
            step.stopped(run)
