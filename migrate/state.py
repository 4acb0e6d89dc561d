"""What state the app is in, in a sentence or two, from what the journal knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate import workforce
from migrate.carry.account import account, is_held
from migrate.workforce import DOWN, SCALE_UP, UP, this_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.migration import Migration
    from migrate.store.journal import Journal


def _happened(effect: str) -> Callable[[Journal], bool]:
    return lambda journal: journal.outcome(effect) is not None


def _unclear(effect: str) -> Callable[[Journal], bool]:
    return lambda journal: journal.intent(effect) is not None and journal.outcome(effect) is None


def _unclear_now(effect: str) -> Callable[[Journal], bool]:
    return lambda journal: _unclear(this_time(effect, journal))(journal)


def _scaled(journal: Journal) -> bool:
    return any(journal.intent(this_time(effect, journal)) is not None for effect in (DOWN, SCALE_UP))


def _may_not_be_restarted(journal: Journal) -> bool:
    failed = journal.failures("eager-on") > 0 and journal.outcome("eager-on") is None
    return failed or any(_unclear(effect)(journal) for effect in ("eager-on", "eager-off", "eager-back"))


TURNED_ROUND: Final = "way-back"
"""The note that a migration is on its way back."""
_FORWARD_ONLY: Final = ("remove", "add", "eager-off")

_INLINE: Final = "CELERY_ALWAYS_EAGER=True is set, so tasks run inside their callers."
_OLD: Final = "The old add-on {add_on} is in place with everything in it"

_BACK: Final = "{app} is back on {old_plan}, on its old add-on"

# The first that holds is what is true now: the furthest effect comes first.
_STATES: Final[tuple[tuple[Callable[[Journal], bool], str], ...]] = (
    (
        lambda journal: journal.is_done("verify-back"),
        _BACK + "; eager mode is off, and the workers take tasks from it.",
    ),
    (
        _happened("eager-back"),
        _BACK + ", and CELERY_ALWAYS_EAGER is put back; that its workers are back was not seen yet.",
    ),
    (
        _unclear("eager-back"),
        _OLD + "; whether CELERY_ALWAYS_EAGER is put back on {app} is not known. Tasks run either way.",
    ),
    (
        lambda journal: journal.is_done("verify"),
        "{app} runs on {plan}; eager mode is off, and the workers take tasks from the new broker.",
    ),
    (
        _happened("eager-off"),
        "{app} is on {plan} and CELERY_ALWAYS_EAGER is put back; that its workers are back was not seen yet.",
    ),
    (
        _unclear("eager-off"),
        "{app} is on {plan}; whether CELERY_ALWAYS_EAGER is put back is not known. Tasks run either way.",
    ),
    (_happened("add"), "{app} has the new add-on on {plan}. " + _INLINE),
    (
        _unclear("add"),
        "{app}'s old add-on is removed; whether the new one was added is not known. " + _INLINE,
    ),
    (
        _happened("remove"),
        "{app} has no broker: the old add-on was empty and is removed, the new one is not added. " + _INLINE,
    ),
    (_unclear("remove"), "Whether {app}'s old add-on, which was empty, is removed is not known. " + _INLINE),
    (_happened("eager-on"), _OLD + ". " + _INLINE),
    (_unclear("eager-on"), _OLD + "; whether CELERY_ALWAYS_EAGER=True is set on {app} is not known."),
    (
        lambda journal: journal.failures("eager-on") > 0,
        _OLD + "; the release with CELERY_ALWAYS_EAGER=True failed, and a later one may carry that variable.",
    ),
    (_scaled, _OLD + "."),
    (
        lambda journal: bool(journal.consumers_off),
        _OLD + "; its workers are off their queues, where tasks wait. Going on puts them back.",
    ),
    (lambda _journal: True, "Nothing was changed on {app}."),
)

# What is true besides, each of which that holds.
_BESIDES: Final[tuple[tuple[Callable[[Journal], bool], str], ...]] = (
    (workforce.are_down, "Its worker dynos are scaled to 0 ({before} before)."),
    (workforce.are_up, "Its worker dynos are scaled up ({before} before)."),
    (_unclear_now(SCALE_UP), "Whether its worker dynos are scaled up is not known."),
    (_unclear_now(DOWN), "Whether its worker dynos are scaled to 0 is not known."),
    (_unclear_now(UP), "Whether that is undone is not known."),
    (
        lambda journal: bool(journal.consumers_off) and _may_not_be_restarted(journal),
        "Workers that no release has restarted are off their queues, where tasks wait; going on settles it.",
    ),
)
DRAINING: Final = "One-off dynos drain in their place: {dynos}."
_SPOOLED: Final[tuple[tuple[Callable[[Journal], bool], str], ...]] = (
    (
        lambda journal: is_held(journal) and not _is_moving(journal),
        "{spooled} of its messages are in the spool {spool} of {keeper}.",
    ),
    (
        lambda journal: is_held(journal) and _is_moving(journal),
        "Some of its messages are in the spool {spool} of {keeper}; how many, it says itself.",
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
    return journal.changed_anything and all(journal.intent(effect) is None for effect in _FORWARD_ONLY)


def app_state(migration: Migration, journal: Journal) -> str:
    """Given a migration and its journal, say what is true of the app now."""
    sentences = [next(text for holds, text in _STATES if holds(journal))]
    sentences += [text for holds, text in _BESIDES if holds(journal)]
    drains = ", ".join(known["dyno"] for known in workforce.draining(migration, journal).values())
    sentences += [DRAINING] if drains else []
    sentences += [text for holds, text in _SPOOLED if holds(journal)]
    dynos = ", ".join(f"{name}={count}" for name, count in workforce.before(journal).items()) or "none"
    names = {"app": migration.app, "plan": migration.to_plan, "old_plan": migration.from_plan, "before": dynos}
    spool = account(journal)
    if spool is not None:
        names |= {"spooled": str(spool.waiting), "spool": spool.path, "keeper": spool.who}
    return " ".join(sentences).format(**names, add_on=migration.add_on, dynos=drains)
