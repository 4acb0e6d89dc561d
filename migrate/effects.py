"""How a call that changes the app is made so that its effect happens exactly once.

The intent is on disk before the call is sent, the outcome after. When the outcome is not known (the process
was killed, the reply was lost) the live system is asked; nothing is sent again before it has said no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrate.errors import OutcomeUnknown
from migrate.events import EffectConfirmed, EffectRequested
from migrate.waits import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from migrate.run import Run

    Result = Mapping[str, Any]


def perform(
    run: Run,
    effect: str,
    *,
    step: str,
    send: Callable[[], None],
    settle: Callable[[Result], Result | None],
    before: Callable[[], Result],
) -> Result:
    """Given how to send a call and how to see whether it had its effect, make sure that it has, once.

    ``before`` reads what ``settle`` needs in order to tell this call's effect from what was there already;
    it is written down with the intent. ``settle`` is given that and returns the outcome, or None for "not
    happened". Returns the outcome. Raises HerokuRefused when Heroku said no, OutcomeUnknown when asking
    did not settle it.
    """
    if (known := run.journal.outcome(effect)) is not None:
        return known
    intent = run.journal.intent(effect)
    if intent is not None and (found := settle(intent)) is not None:
        return _confirm(run, step, effect, found, settled=True)
    if intent is None:
        intent = before()
        run.journal.intend(effect, intent)
    run.emit(EffectRequested(step, effect))
    try:
        send()
    except OutcomeUnknown as lost:
        return _confirm(run, step, effect, _find_out(run, lost, settle, intent), settled=True)
    return _confirm(run, step, effect, _see(run, settle, intent), settled=False)


def _find_out(run: Run, lost: OutcomeUnknown, settle: Callable[[Result], Result | None], intent: Result) -> Result:
    def look() -> Result | Waiting:
        return settle(intent) or Waiting("asking Heroku whether the call had its effect")

    return run.waiter.until(look, run.limits.settle, expired=lambda _last: lost)


def _see(run: Run, settle: Callable[[Result], Result | None], intent: Result) -> Result:
    # The reply said yes. What it led to (a release's version) can take a moment to be listed.
    def look() -> Result | Waiting:
        return settle(intent) or Waiting("the call was accepted; waiting to see its effect")

    def missing(last: Waiting) -> OutcomeUnknown:
        return OutcomeUnknown(
            "Heroku accepted the call, but its effect is not to be seen.",
            why=last.reason,
            next=f"heroku releases --app {run.app}",
        )

    return run.waiter.until(look, run.limits.settle, expired=missing)


def _confirm(run: Run, step: str, effect: str, outcome: Result, *, settled: bool) -> Result:
    run.journal.conclude(effect, outcome)
    run.emit(EffectConfirmed(step, effect, settled))
    return outcome
