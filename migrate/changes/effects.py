"""How a call that changes the app is made so that its effect happens exactly once.

The intent is on disk before the call is sent, the outcome after. When the outcome is not known (the process
was killed, the reply was lost) the live system is asked; nothing is sent again before it has said no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from migrate.errors import AccessError, AppUnknown, HerokuRefused, HerokuUnreachable, OutcomeUnknown
from migrate.events import EffectConfirmed, EffectRequested
from migrate.fault_points import AFTER_EFFECT, AFTER_INTENT, AFTER_RECORD, BEFORE_INTENT, BEFORE_RECORD, reach
from migrate.waits import Patience, Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from migrate.run import Run

    Body = Mapping[str, Any]

IN_FLIGHT_SECONDS: Final = 30.0
"""For so long after a process died a call of its own may still be under way: our time limit for a call."""
SENDINGS: Final = 5
"""How often a call is sent that did not leave or came over the rate limit."""


class Effect(Struct, frozen=True):
    """A call that changes the app, with all that is needed to make it exactly once."""

    name: str
    before: Callable[[Run], Body]
    """Reads what tells this call's effect from what was there already; written down with the intent."""
    send: Callable[[Run, Body], None]
    """Given the intent, makes the call."""
    find: Callable[[Run, Body], Body | None]
    """Given the intent, returns the outcome that is to be seen on the live system, None for "not happened"."""
    guard: Callable[[Run], None]
    """Runs right before each sending; what it raises keeps the call from being made."""
    look_at: Callable[[Run, Body], str]
    """Given the intent, returns what a person types to see whether it has happened."""


def perform(run: Run, effect: Effect) -> Body:
    """Make sure that an effect has happened, once, and return its outcome.

    Raises what the guard raises, HerokuRefused or AccessError when Heroku said no or was not reached,
    OutcomeUnknown when asking did not settle it.
    """
    if (known := settle(run, effect)) is not None:
        return known
    known = run.journal.intent(effect.name)
    # Before and guard share what they read; nothing that was read earlier counts.
    run.heroku.forget()
    intent = effect.before(run) if known is None else known
    # What certainly had no effect is guarded anew, which asks Heroku and so waits until it answers again.
    for left in reversed(range(SENDINGS)):
        # Nothing is read between the guard and the call: an outage in between would make the guard's word stale.
        effect.guard(run)
        try:
            # Whoever presses Ctrl-C now gets the end once the answer is on disk, so that nothing is left in doubt.
            with run.shield():
                _set_out(run, effect, intent)
                return _send(run, effect, intent)
        except HerokuUnreachable as no:
            if not left:
                raise
            run.note(f"{effect.name} was not carried out, and is tried again. {no.what} {no.why}")
    raise AssertionError("the process ended before Heroku's reply came")


def _set_out(run: Run, effect: Effect, intent: Body) -> None:
    reach(effect.name, BEFORE_INTENT)
    run.journal.intend(effect.name, intent)
    reach(effect.name, AFTER_INTENT)
    run.emit(EffectRequested(run.step, effect.name))


def _send(run: Run, effect: Effect, intent: Body) -> Body:
    try:
        effect.send(run, intent)
    except AppUnknown:
        raise  # what Heroku does not know any more may be gone by this very call
    except HerokuRefused:
        # One that was sent before may have arrived after all, and this one been refused because of it.
        if (late := effect.find(run, intent)) is not None:
            return _confirm(run, effect, late, settled=True)
        run.journal.retract(effect.name, happened=False)
        raise
    except AccessError:
        run.journal.retract(effect.name, happened=False)
        raise
    except OutcomeUnknown as lost:
        unsettled = _unsettled(run, effect, intent, lost.why)
        return _confirm(run, effect, _await(run, effect, intent, run.limits.settle, unsettled), settled=True)
    reach(effect.name, AFTER_EFFECT)
    unseen = _unsettled(run, effect, intent, "Heroku accepted the call.")
    return _confirm(run, effect, _await(run, effect, intent, run.limits.settle, unseen), settled=False)


def settle(run: Run, effect: Effect) -> Body | None:
    """Return the outcome of an effect that has happened, asking the live system where only the intent is known."""
    if (known := run.journal.outcome(effect.name)) is not None:
        return known
    intent = run.journal.intent(effect.name)
    if intent is None:
        return None
    found = _arrival(run, effect, intent)
    return None if found is None else _confirm(run, effect, found, settled=True)


def _arrival(run: Run, effect: Effect, intent: Body) -> Body | None:
    since = run.journal.intended_at(effect.name)
    age = (run.clock.now() - since).total_seconds() if since else IN_FLIGHT_SECONDS
    # Never longer than that, though the clock of the machine that sent it may be ahead of this one's.
    seconds = min(max(0.0, IN_FLIGHT_SECONDS - age), IN_FLIGHT_SECONDS)
    left = Patience(deadline=seconds, interval=run.limits.settle.interval)
    late = OutcomeUnknown(f"{effect.name} did not arrive.")
    try:
        return _await(run, effect, intent, left, late)
    except OutcomeUnknown as error:
        if error is not late:
            raise
        # Asked once more without the wait, to which an outage is a reason like any other: it must not pass for a no.
        return effect.find(run, intent)


def _await(run: Run, effect: Effect, intent: Body, patience: Patience, otherwise: OutcomeUnknown) -> Body:
    def look() -> Body | Waiting:
        return effect.find(run, intent) or Waiting(f"asking Heroku whether {effect.name} had its effect")

    return run.waiter.until(look, patience, expired=lambda _last: otherwise)


def _unsettled(run: Run, effect: Effect, intent: Body, why: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"It is not known whether {effect.name} had its effect.",
        why=f"{why} The effect was looked for during {run.limits.settle.deadline:.0f} s and not seen.",
        next=effect.look_at(run, intent),
    )


def _confirm(run: Run, effect: Effect, outcome: Body, *, settled: bool) -> Body:
    reach(effect.name, BEFORE_RECORD)
    run.journal.conclude(effect.name, outcome)
    reach(effect.name, AFTER_RECORD)
    run.emit(EffectConfirmed(run.step, effect.name, settled))
    return outcome
