"""Strategy documented: the old add-on goes before the new one comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.states.points import BACK, BEFORE_ANY_RELEASE, INLINE, OLD, done, failed, happened, unclear

if TYPE_CHECKING:
    from migrate.states.points import Points

POINTS: Final[Points] = (
    (done("verify-back"), BACK + "; eager mode is off, and the workers take tasks from it."),
    (
        happened("eager-back"),
        BACK + ", and CELERY_ALWAYS_EAGER is put back; whether its workers are back is not known yet.",
    ),
    (
        unclear("eager-back"),
        OLD + "; whether CELERY_ALWAYS_EAGER is put back on {app} is not known. Tasks run either way.",
    ),
    (done("verify"), "{app} runs on {plan}; eager mode is off, and the workers take tasks from the new broker."),
    (
        happened("eager-off"),
        "{app} is on {plan} and CELERY_ALWAYS_EAGER is put back; whether its workers are back is not known yet.",
    ),
    (
        unclear("eager-off"),
        "{app} is on {plan}; whether CELERY_ALWAYS_EAGER is put back is not known. Tasks run either way.",
    ),
    (happened("add"), "{app} has the new add-on on {plan}. " + INLINE),
    (unclear("add"), "{app}'s old add-on is removed; whether the new one was added is not known. " + INLINE),
    (
        happened("remove"),
        "{app} has no broker: the old add-on was empty and is removed, the new one is not added. " + INLINE,
    ),
    (unclear("remove"), "Whether {app}'s old add-on, which was empty, is removed is not known. " + INLINE),
    (happened("eager-on"), OLD + ". " + INLINE),
    (unclear("eager-on"), OLD + "; whether CELERY_ALWAYS_EAGER=True is set on {app} is not known."),
    (
        failed("eager-on"),
        OLD + "; the release with CELERY_ALWAYS_EAGER=True failed, and a later one may carry that variable.",
    ),
    *BEFORE_ANY_RELEASE,
)
