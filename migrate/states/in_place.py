"""Strategy in-place: one add-on, whose plan is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.states.points import BEFORE_ANY_RELEASE, done, happened, unclear

if TYPE_CHECKING:
    from migrate.states.points import Points

_SAME: Final = "{add_on} of {app} is on {plan}, with everything in it"
_BACK: Final = "{add_on} of {app} is on {old_plan} again, with everything in it"

POINTS: Final[Points] = (
    (done("verify-back"), _BACK + "; the workers take tasks from it."),
    (happened("change-plan-back"), _BACK + "; whether its broker answers and its workers are back is not known yet."),
    (
        unclear("change-plan-back"),
        "{add_on} is in place with everything in it; whether it is on {plan} or on {old_plan} again is not known.",
    ),
    (done("verify"), _SAME + "; the workers take tasks from it."),
    (happened("change-plan"), _SAME + "; whether its broker answers and its workers are back is not known yet."),
    (
        unclear("change-plan"),
        "{add_on} is in place with everything in it; whether it is on {plan} or still on {old_plan} is not known.",
    ),
    *BEFORE_ANY_RELEASE,
)
