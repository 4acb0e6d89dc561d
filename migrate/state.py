"""What state the app is in, in a sentence or two, from what the journal knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.carry.account import account, is_held
from migrate.changes.maintenance import ON, is_ours
from migrate.changes.pausing import PAUSE, paused
from migrate.migration import TURNED_ROUND, url_variable
from migrate.states import STATES
from migrate.states.points import unclear
from migrate.states.two_brokers import RUNNING
from migrate.workers import workforce
from migrate.workers.workforce import DOWN, SCALE_UP, UP, this_time

if TYPE_CHECKING:
    from migrate.migration import Migration
    from migrate.states.points import Holds, Points
    from migrate.store.journal import Journal


def _unclear_now(effect: str) -> Holds:
    return lambda journal: unclear(this_time(effect, journal))(journal)


_RESTARTING: Final = (
    *("eager-on", "redeploy", "eager-off", "redeploy-again", "eager-back"),
    *("bridge-on", "bridge-off", "bridge-back", "change-plan", "change-plan-back", "remove", "tidy"),
    *("spare", "reattach"),
)
"""Effects of which each makes a release, or may make one."""


def _may_not_be_restarted(journal: Journal) -> bool:
    failed = journal.failures("eager-on") > 0 and journal.outcome("eager-on") is None
    return failed or any(unclear(effect)(journal) for effect in _RESTARTING)


# What is true besides, each of which that holds.
_BESIDES: Final[Points] = (
    (workforce.are_down, "Its worker dynos are scaled to 0 ({before} before)."),
    (workforce.are_up, "Its worker dynos are scaled up ({before} before)."),
    (_unclear_now(SCALE_UP), "Whether its worker dynos are scaled up is not known."),
    (_unclear_now(DOWN), "Whether its worker dynos are scaled to 0 is not known."),
    (_unclear_now(UP), "Whether that is undone is not known."),
    (lambda journal: bool(paused(journal)), "Paused: {paused} (before)."),
    (unclear(PAUSE), "Whether {app}'s processes are paused is not known."),
    (is_ours, "{app} is in maintenance mode, which this migration has turned on."),
    (unclear(ON), "Whether {app} is in maintenance mode is not known."),
    (
        lambda journal: bool(journal.consumers_off) and _may_not_be_restarted(journal),
        "Workers that no release has restarted are off their queues, where tasks wait; resuming puts them back.",
    ),
)
DRAINING: Final = "One-off dynos drain in their place: {dynos}."
_SPOOLED: Final[Points] = (
    (
        lambda journal: is_held(journal) and not _is_moving(journal),
        "{spooled} of its messages are in the spool {spool} of {keeper}.",
    ),
    (
        lambda journal: is_held(journal) and _is_moving(journal),
        "Some of its messages are in the spool {spool} of {keeper}; the file says how many.",
    ),
)


def _is_moving(journal: Journal) -> bool:
    known = account(journal)
    return known is not None and known.moving


def turned_round(journal: Journal) -> bool:
    """Whether the migration is on its way back; it turns round once and for all."""
    return journal.noted(TURNED_ROUND) is not None


def can_go_back(journal: Journal) -> bool:
    """Whether there is something to undo, and nothing was sent that cannot be undone."""
    return journal.changed_anything and journal.intent("remove") is None


def app_state(migration: Migration, journal: Journal) -> str:
    """Given a migration and its journal, say what is true of the app now."""
    sentences = [next(text for holds, text in STATES[migration.strategy] if holds(journal))]
    sentences += [text for holds, text in _BESIDES if holds(journal)]
    drains = ", ".join(known["dyno"] for known in workforce.draining(migration, journal).values())
    sentences += [DRAINING] if drains else []
    sentences += [text for holds, text in _SPOOLED if holds(journal)]
    dynos = ", ".join(f"{name}={count}" for name, count in workforce.before(journal).items()) or "none"
    names = {"app": migration.app, "plan": migration.to_plan, "old_plan": migration.from_plan, "before": dynos}
    names |= {"paused": ", ".join(f"{name}={count}" for name, count in paused(journal).items())}
    names |= {"beside": migration.beside, "spare": migration.spare, "variable": migration.variable}
    names |= {"missing": url_variable((journal.noted(RUNNING) or {}).get("name", ""))}
    spool = account(journal)
    if spool is not None:
        names |= {"spooled": str(spool.waiting), "spool": spool.path, "keeper": spool.who}
    return " ".join(sentences).format(**names, add_on=migration.add_on, dynos=drains)
