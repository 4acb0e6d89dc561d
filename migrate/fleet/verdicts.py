"""Which apps may begin now, whether a fleet must stop, whether it is over: pure functions of how its apps stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migrate.errors import RateLimited
from migrate.exits import Exit
from migrate.fleet.members import SETTLED, AppState, Word
from migrate.wording import counted

if TYPE_CHECKING:
    from migrate.events import Result
    from migrate.fleet.members import Member, Standing

_OURS = frozenset({Exit.INTERRUPTED, Exit.TERMINATED, Exit.HUNG_UP})
_NOT_BEGUN = frozenset({Exit.REFUSED, Exit.HELD, Exit.NEEDS_YOU, Exit.USAGE})


class Verdict(Struct, frozen=True):
    """What is to be done with a fleet now."""

    starts: tuple[Member, ...] = ()
    """Those to be worked on, in this order."""
    stop: str = ""
    """Why it must stop; empty where it need not."""
    over: bool = False
    """Whether nothing is left that goes on by itself."""
    gate: int = 0
    """The wave that waits for a word; 0 where none does."""


def verdict(standing: Standing) -> Verdict:
    """Given how a fleet stands, return what is to be done.

    What was begun and left by a process that died always goes on: it may hold an app in eager mode.
    """
    left = tuple(member for member in standing.members if member.state == AppState.WORKING and member.lapsed)
    stop = _must_stop(standing) if standing.word == Word.RUNNING else ""
    wave = current_wave(standing)
    if wave == 0:
        return Verdict(over=True, stop=stop)
    if stop or standing.word != Word.RUNNING:
        return Verdict(_fitting(standing, left), stop)
    if not standing.fleet.auto and wave > standing.opened:
        return Verdict(_fitting(standing, left), gate=wave)
    waiting = (member for member in standing.of_wave(wave) if member.state == AppState.WAITING)
    return Verdict(_fitting(standing, (*left, *waiting)))


def current_wave(standing: Standing) -> int:
    """Return the first wave in which something is left to do, counted from 1; 0 where there is none."""
    return next((member.wave for member in standing.members if member.state not in SETTLED), 0)


def failures(standing: Standing) -> int:
    """Return how many apps have failed; one that was refused has not: nothing was changed."""
    return sum(member.state == AppState.FAILED for member in standing.members)


def _must_stop(standing: Standing) -> str:
    failed, allowed = failures(standing), standing.fleet.allowed_failures
    if failed - standing.tolerated > allowed:
        return f"{counted(failed, 'app')} failed, and no more than {allowed} may."
    wave = current_wave(standing)
    before = standing.of_wave(wave - 1) if wave > 1 else ()
    # A wave is there to show that it works.
    if before and wave > standing.opened and not any(member.state == AppState.DONE for member in before):
        return f"No app of wave {wave - 1} was moved."
    return ""


def _fitting(standing: Standing, free: tuple[Member, ...]) -> tuple[Member, ...]:
    at_work = sum(member.is_worked_on for member in standing.members)
    return free[: max(0, standing.fleet.parallel - at_work)]


def outcome(result: Result, *, changed: bool, by_word: bool) -> AppState:
    """Given how the work on one app ended, and whether it changed the app, return where the app stands.

    ``by_word``: whether it ended because the fleet was told to stop. Where this process was, another one goes on.
    """
    if result.exit == Exit.DONE:
        return AppState.DONE
    if result.exit == Exit.ROLLED_BACK:
        return AppState.ROLLED_BACK
    if result.code == RateLimited.code and not changed:
        return AppState.WAITING
    if result.exit in _OURS:
        if not changed:
            return AppState.WAITING
        return AppState.STOPPED if by_word else AppState.WORKING
    return AppState.REFUSED if result.exit in _NOT_BEGUN and not changed else AppState.FAILED


def exit_status(standing: Standing) -> Exit:
    """Given a fleet on which nobody works any more, return the status that says how it is."""
    states = [member.state for member in standing.members]
    half = [m for m in standing.members if m.state in {AppState.FAILED, AppState.STOPPED, AppState.WORKING}]
    if any(member.exit not in {None, Exit.FAILED} or member.state == AppState.WORKING for member in half):
        return Exit.RESUMABLE
    if AppState.FAILED in states:
        return Exit.FAILED
    if AppState.WAITING in states or AppState.STOPPED in states:
        return Exit.NEEDS_YOU
    if AppState.REFUSED in states:
        return Exit.REFUSED
    return Exit.ROLLED_BACK if AppState.ROLLED_BACK in states else Exit.DONE
