"""Strategies side-by-side and bridge: both add-ons are there for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.migration import TURNED_ROUND
from migrate.states.points import BACK, BEFORE_ANY_RELEASE, INLINE, OLD, done, failed, happened, unclear

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.states.points import Holds, Points
    from migrate.store.journal import Journal

RUNNING: Final = "running-name"
"""The note of what the live release had under a name that was to be moved."""
_STILL: Final = "The old add-on {add_on} is still there, as {spare}"
_BOTH: Final = "The new one is still there."
_UNUSED: Final = "The new add-on is there as {beside}, and nothing uses it."
_SPLIT: Final = (
    "CELERY_BROKER_WRITE_URL is set: tasks are published to the new add-on, where they wait; the workers take "
    "what is left in the old one."
)


def _going_back(journal: Journal) -> bool:
    return journal.is_done("verify") and journal.noted(TURNED_ROUND) is not None


def _resting(journal: Journal) -> bool:
    return journal.is_done("verify") and bool(journal.consumers_off)


def _put_back(holds: Callable[[str], Holds]) -> Holds:
    return lambda journal: any(holds(effect)(journal) for effect in ("eager-back", "bridge-back"))


def _without_name(journal: Journal) -> bool:
    return (journal.noted(RUNNING) or {}).get("held") == "nothing"


_ENDED: Final[Points] = (
    (done("verify-back"), BACK + ", and the workers take tasks from it."),
    (happened("remove-new"), BACK + "; the new one is removed. Whether its workers are back is not known yet."),
    (unclear("remove-new"), BACK + "; whether the new one, which was empty, is removed is not known."),
    (
        _without_name,
        "The live release of {app} has no {missing}: what needs the broker fails. Both add-ons are there.",
    ),
    (
        _put_back(happened),
        "{app}'s names and variables lead to the old add-on {add_on} again; the new one is still there.",
    ),
    (
        _put_back(unclear),
        "{app}'s names lead to the old add-on {add_on}; whether its variables do again is not known. " + _BOTH,
    ),
    (
        happened("reattach-back"),
        "{app}'s names lead to the old add-on {add_on} again, as far as they were moved; the new one is still there.",
    ),
    (
        unclear("reattach-back"),
        "Both add-ons are there; whether {app}'s names lead to the old one again is not known.",
    ),
    (done("verify-again"), "{app} runs on {plan}, and the workers take tasks from the new broker."),
    (happened("remove"), "{app} runs on {plan}; the old add-on, which was empty, is removed."),
    (unclear("remove"), "{app} runs on {plan}; whether the old add-on, which was empty, is removed is not known."),
    (_going_back, "{app} is on {plan}, and on its way back. " + _STILL + "."),
    (
        _resting,
        "{app} runs on {plan}; its workers are off their queues, where tasks wait. Resuming puts them back. "
        + _STILL
        + ".",
    ),
    (done("verify"), "{app} runs on {plan}, and the workers take tasks from the new broker. " + _STILL + "."),
)


def _middle(on: str, off: str, held: str, variable: str) -> Points:
    """Given the effects that divert tasks and end that, and in words what holds between them, return the points."""
    return (
        (happened(off), "{app} is on {plan}; whether its workers are back is not known yet. " + _STILL + "."),
        (unclear(off), "{app} is on {plan}; whether " + variable + " is put back is not known. " + _STILL + "."),
        (happened("reattach"), "{app}'s names lead to the new add-on, or are about to. " + _STILL + ". " + held),
        (unclear("reattach"), "Whether {variable} leads to the new add-on is not known. " + _STILL + ". " + held),
        (happened(on), OLD + "; the new one is there as {beside}. " + held),
        (unclear(on), OLD + "; the new one is there as {beside}. Whether " + variable + " is set is not known."),
        (failed(on), OLD + "; the release with " + variable + " failed, and a later one may carry that variable."),
    )


_BEGUN: Final[Points] = (
    (happened("add"), OLD + ". " + _UNUSED),
    (unclear("add"), OLD + "; whether the new one was added as {beside} is not known."),
    *BEFORE_ANY_RELEASE,
)

SIDE_BY_SIDE: Final[Points] = (
    *_ENDED,
    *_middle("eager-on", "eager-off", INLINE, "CELERY_ALWAYS_EAGER"),
    *_BEGUN,
)
BRIDGE: Final[Points] = (
    *_ENDED,
    *_middle("bridge-on", "bridge-off", _SPLIT, "CELERY_BROKER_WRITE_URL"),
    *_BEGUN,
)
