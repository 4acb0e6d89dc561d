"""Gates: steps before which a migration waits until an operator says ``continue``, from any machine with the store.

What operators say is kept in a journal of its own, to which only they write: the migration's has one writer, the
process that holds the app.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from migrate.drain.leftovers import WAIT
from migrate.errors import AppHeld, GateCancelled, GateClosed, UsageError
from migrate.events import GateOpened, HeldAtGate
from migrate.holder import who
from migrate.state import app_state, turned_round
from migrate.steps import (
    Add,
    BridgeOff,
    ChangePlan,
    EagerOff,
    Quiesce,
    Remove,
    RemoveOld,
    StartDrainDynos,
    WorkersDown,
    WorkersUp,
)
from migrate.steps.quiet_release import QuietRelease, live
from migrate.store.journal import Journal
from migrate.strategies import STRATEGIES, planned
from migrate.waits import Waiting
from migrate.wording import moment, span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from migrate.clock import Clock
    from migrate.migration import Migration
    from migrate.run import Run
    from migrate.store.records import Entry, Lines

CONTINUE: Final = "continue"
CANCEL: Final = "cancel"
REACHED: Final = "gate"
"""The note that a migration has got to a gate."""
EAGER_COSTS: Final = "requests take as long as the tasks they hand over; eta, countdown and retry delays are ignored"

_EAGER_ENDS: Final = ("eager-off", "eager-back")
_AT_REST: Final = "the workers are off their queues there, and tasks would wait"
_NO_BROKER: Final = "the app has no broker there"
_NOBODY_WORKS: Final = "the worker dynos are at 0 there, and tasks would wait"
_TRIES: Final = 10


class Gate(Struct, frozen=True):
    """A gate at which a migration stands."""

    step: str
    since: datetime
    open: bool
    """Whether it was opened, so that whoever goes on with the migration passes it."""
    who: str = ""
    """Who has opened it."""


def places(migration: Migration) -> Mapping[str, str]:
    """Given a migration, return the steps that it takes, each with why nothing may wait before it; empty: it may."""
    return dict(_places(migration))


def _places(migration: Migration) -> Iterator[tuple[str, str]]:
    why, away = "", False
    may_be_away = migration.drain_by == "dynos" or migration.leftovers != WAIT
    for step in planned(migration):
        yield step.name, why or (_NOBODY_WORKS if away else "")
        # From then on tasks wait for workers in whose place dynos have drained, or that had to let go of messages.
        leaves = isinstance(step, WorkersDown) or (isinstance(step, EagerOff | BridgeOff) and may_be_away)
        away = (away or leaves) and not isinstance(step, WorkersUp | StartDrainDynos)
        if isinstance(step, Quiesce):
            why = _AT_REST
        elif isinstance(step, Remove) and not isinstance(step, RemoveOld):
            why = _NO_BROKER
        elif isinstance(step, QuietRelease | ChangePlan) or (isinstance(step, Add) and why == _NO_BROKER):
            why = ""


def check(migration: Migration) -> None:
    """Raise UsageError where a migration is to wait before a step that it does not take, or must not wait before."""
    known = places(migration)
    for wanted in migration.held_before:
        if wanted not in known:
            raise _unknown(migration, wanted, [name for name, why in known.items() if not why])
        if why := known[wanted]:
            before = list(known)[: list(known).index(wanted)]
            nearest = next(name for name in reversed(before) if not known[name])
            raise UsageError(
                f"A migration must not be held before {wanted}.",
                why=f"That could last for hours, and {why}.",
                next=f"--hold-before {nearest}",
            )


def held_besides(migration: Migration, steps: tuple[str, ...]) -> Migration:
    """Given a migration and further steps to wait before, return it with them; raises UsageError as check does."""
    changed = replace(migration, held_before=tuple(dict.fromkeys((*migration.held_before, *steps))))
    check(changed)
    return changed


def _unknown(migration: Migration, wanted: str, allowed: list[str]) -> UsageError:
    every = {step.name for steps in STRATEGIES.values() for step in steps}
    near = get_close_matches(wanted, allowed, n=1, cutoff=0.5)
    last = [step.name for step in planned(migration) if isinstance(step, Remove)] or allowed
    known = f"This migration by strategy {migration.strategy}" if wanted in every else "There is no such step; it"
    return UsageError(
        f"--hold-before {wanted} names no step of this migration.",
        why=f"{known} can be held before {', '.join(allowed)}.",
        next=f"--hold-before {(near or last)[-1]}",
    )


def journal_of(migration: str) -> str:
    """Given a migration's id, return the name of the journal with what operators have said to it."""
    return f"{migration}:gates"


def say(store: Lines, migration: Migration, word: str, step: str, clock: Clock) -> None:
    """Write down what this operator says to a gate, ``continue`` or ``cancel``; an open one is not opened twice.

    A wait may be ended again and again: each is ended by what is said after it has begun.
    Raises AppHeld where others write there all the time.
    """
    for tried in range(1, _TRIES + 1):
        journal = Journal(store, journal_of(migration.id), clock)
        last = _last(step, store.entries(journal_of(migration.id)))
        if word == CONTINUE and last is not None and last.name == word:
            return
        try:
            journal.note(word, {"step": step, "who": who()})
        except AppHeld:
            # Somebody has said something at the same moment: perhaps the same.
            if tried == _TRIES:
                raise
        else:
            return


def gate(journal: Journal, words: Sequence[Entry]) -> Gate | None:
    """Given a migration's journal and what operators have said, return the gate at which it stands, if it does."""
    step, since = (journal.noted(REACHED) or {}).get("step"), journal.noted_at(REACHED)
    if step is None or since is None or journal.is_done(step) or turned_round(journal):
        return None
    last = _last(step, words)
    opened = last is not None and last.name == CONTINUE
    return Gate(step, since, opened, str(last.body["who"]) if last and opened else "")


def eager_since(journal: Journal) -> datetime | None:
    """Given a journal, return since when tasks run inside their callers; None where they do not."""
    began, ended = journal.noted_at(live("eager-on")), (journal.noted(live(name)) for name in _EAGER_ENDS)
    return None if any(ended) else began


def pass_gate(run: Run) -> None:
    """Return at once where there is no gate before the step at hand, else when it is opened.

    No proof of emptiness outlives the wait. Raises GateClosed at the deadline, GateCancelled when that was said.
    """
    step = run.step
    if step not in run.migration.held_before or turned_round(run.journal) or _is_open(step, words := run.words()):
        return
    if (run.journal.noted(REACHED) or {}).get("step") != step:
        run.journal.note(REACHED, {"step": step})
    began = run.clock.monotonic()
    run.emit(_held(run))
    word = run.waiter.until(_listening(run, len(words)), run.limits.hold, lambda _last: _still_closed(run))
    run.proof = None
    run.emit(GateOpened(step, who=str(word.body["who"]), seconds=round(run.clock.monotonic() - began, 3)))


def _listening(run: Run, heard: int) -> Callable[[], Entry | Waiting]:
    def listen() -> Entry | Waiting:
        words = run.words()
        if _is_open(run.step, words):
            return next(word for word in reversed(words) if word.body["step"] == run.step)
        if cancelled := [word for word in words[heard:] if word.name == CANCEL and word.body["step"] == run.step]:
            raise GateCancelled(
                f"The wait before {run.step} was ended by {cancelled[-1].body['who']}.",
                why="When it is resumed, it waits at the same gate.",
            )
        return Waiting(f"held before {run.step}{_eager_for(run)}; {run.command(CONTINUE, run.migration)} opens it")

    return listen


def _eager_for(run: Run) -> str:
    since = eager_since(run.journal)
    return f", eager for {span((run.clock.now() - since).total_seconds())}" if since else ""


def _held(run: Run) -> HeldAtGate:
    since = eager_since(run.journal)
    return HeldAtGate(
        step=run.step,
        opens=run.command(CONTINUE, run.migration),
        seconds=run.limits.hold.deadline,
        state=app_state(run.migration, run.journal),
        eager_since=since.isoformat(timespec="seconds") if since else "",
        costs=f"Eager since {moment(since, run.clock.now())}: {EAGER_COSTS}." if since else "",
    )


def _still_closed(run: Run) -> GateClosed:
    changed = run.journal.changed_anything
    return GateClosed(
        f"Nobody opened the gate before {run.step} for {span(run.limits.hold.deadline)}.",
        why=f"{run.migration.id} was asked to wait there for somebody to open it.",
        next=run.command(CONTINUE, run.migration) if changed else "",
    )


def _is_open(step: str, words: Sequence[Entry]) -> bool:
    last = _last(step, words)
    return last is not None and last.name == CONTINUE


def _last(step: str, words: Sequence[Entry]) -> Entry | None:
    return next((word for word in reversed(words) if word.body.get("step") == step), None)
