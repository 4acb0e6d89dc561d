"""Whether a migration by eager mode would work: the app turns eager by a variable, and its workers do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.advice.row import Row, Verdict
from migrate.brokers.report import Unreadable
from migrate.workers.eagerness import DJANGO, PLAIN

if TYPE_CHECKING:
    from migrate.advice.practice import Practice

_RECOMMENDED: Final = "task_always_eager by CELERY_ALWAYS_EAGER, outside workers"
_WHY: Final = (
    "While the add-on is replaced, tasks run inside whoever calls them. Celery does not read the variable "
    "itself, so the app must; and a worker that is eager loses the rest of every chain of three or more that it "
    "takes, without an error."
)

_TURNS: Final = "the app turns eager by the variable; whether its workers do is not known"
_STAYS: Final = "the app does not turn eager by the variable"
_PROMISED: Final = "the workers promise to stay out of it"
_NO_SIGN: Final = "no worker shows that the app reads the variable"


def eager_support(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row on eager mode."""
    found, verdict = _found(practice)
    good = verdict is Verdict.OK
    return (
        Row(
            "EAGER_SUPPORT",
            "task_always_eager",
            found,
            _RECOMMENDED,
            verdict,
            _WHY,
            "" if good else PLAIN,
            "" if good else DJANGO,
        ),
    )


def _found(practice: Practice) -> tuple[str, Verdict]:
    if practice.turns_eager is not None:
        found = _TURNS if practice.turns_eager else _STAYS
        return found, Verdict.OK if practice.turns_eager else _missing(practice)
    if isinstance(practice.workers, Unreadable):
        return f"not known: {practice.workers.reason}", Verdict.UNKNOWN
    nodes = practice.workers.nodes
    if eager := [node.name for node in nodes if node.is_eager]:
        return f"{eager[0]} is eager", Verdict.DANGER
    if not nodes:
        return "not known: no worker answered", Verdict.UNKNOWN
    promised = all(node.stays_out_of_eager_mode for node in nodes)
    return (_PROMISED, Verdict.OK) if promised else (_NO_SIGN, _missing(practice))


def _missing(practice: Practice) -> Verdict:
    return Verdict.WARNING if practice.is_to_move else Verdict.ADVICE
