"""What a hook of the operator's may keep from happening."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.errors import HookRefused
from migrate.state import turned_round
from migrate.ways.gates import places

if TYPE_CHECKING:
    from migrate.run import Run

HEEDED_SECONDS: Final = 30.0
"""So long all hooks together may take to answer: the lock on the app is not renewed meanwhile."""
UNHEEDED_SECONDS: Final = 3.0
"""Likewise where the answer changes nothing, and the app has no broker, or nobody who takes its tasks."""


def heed_hooks(run: Run) -> None:
    """Return where the hooks let the step at hand begin; raises HookRefused.

    Where a stop would do harm, and on the way back, what they say is told and not obeyed.
    """
    harm = "a hook does not stop a way back" if turned_round(run.journal) else places(run.migration).get(run.step, "")
    why = run.ask_before(run.step, UNHEEDED_SECONDS if harm else HEEDED_SECONDS)
    if why is not None:
        # What was read before it ran says nothing of now: a hook may change the app.
        run.heroku.forget()
    if not why:
        return
    if harm:
        run.note(f"A hook refuses {run.step}, which begins nevertheless: {harm}. {why}")
        return
    raise HookRefused(f"A hook refuses step {run.step}.", why=why)
