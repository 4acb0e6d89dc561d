"""What the points of a strategy are told by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.changes.maintenance import ON
from migrate.changes.pausing import PAUSE
from migrate.workers.workforce import DOWN, SCALE_UP, this_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.store.journal import Journal

    Holds = Callable[[Journal], bool]
    Points = tuple[tuple[Holds, str], ...]

OLD: Final = "The old add-on {add_on} is in place with everything in it"
INLINE: Final = "CELERY_ALWAYS_EAGER=True is set, so tasks run inside their callers."
BACK: Final = "{app} is back on {old_plan}, on its old add-on"


def happened(effect: str) -> Holds:
    """Given an effect, return what tells whether it has happened."""
    return lambda journal: journal.outcome(effect) is not None


def unclear(effect: str) -> Holds:
    """Given an effect, return what tells whether it is not known to have happened."""
    return lambda journal: journal.intent(effect) is not None and journal.outcome(effect) is None


def failed(effect: str) -> Holds:
    """Given an effect, return what tells whether its release failed."""
    return lambda journal: journal.failures(effect) > 0


def done(step: str) -> Holds:
    """Given a step, return what tells whether it is done."""
    return lambda journal: journal.is_done(step)


def _scaled(journal: Journal) -> bool:
    scalings = (this_time(DOWN, journal), this_time(SCALE_UP, journal), PAUSE, ON)
    return any(journal.intent(effect) is not None for effect in scalings)


BEFORE_ANY_RELEASE: Final[Points] = (
    (_scaled, OLD + "."),
    (
        lambda journal: bool(journal.consumers_off),
        OLD + "; its workers are off their queues, where tasks wait. Resuming puts them back.",
    ),
    (lambda _journal: True, "Nothing was changed on {app}."),
)
