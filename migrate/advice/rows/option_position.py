"""Options on the side of ``worker`` on which Celery 5 looks for them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from migrate.advice.row import Row, Verdict
from migrate.advice.told import oldest_celery
from migrate.advice.worker_flags import each_worker

if TYPE_CHECKING:
    from migrate.advice.practice import Practice
    from migrate.advice.process_commands import WorkerCommand

_CODE: Final = "OPTION_POSITION"
_RECOMMENDED: Final = "celery -A APP worker OPTIONS"
_WHY: Final = (
    "Celery 5 refuses -A behind worker, and the worker's options before it: the dyno crashes when it starts."
)
_SINCE: Final = (5, 0)


def option_position(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row for each worker of the formation."""
    return each_worker(practice, partial(_row, practice), code=_CODE, recommended=_RECOMMENDED, why=_WHY)


def _row(practice: Practice, item: WorkerCommand) -> Row:
    wrong = [f"{option} before worker" for option in item.misplaced] + [f"{option} behind it" for option in item.late]
    old = (oldest_celery(practice) or _SINCE) < _SINCE
    verdict = Verdict.OK if not wrong else Verdict.ADVICE if old else Verdict.DANGER
    moved = ", ".join((*(f"{o} to behind worker" for o in item.misplaced), *(f"{o} to before it" for o in item.late)))
    line = f"Procfile, {item.type}: move {moved}" if wrong else ""
    return Row(
        code=_CODE,
        subject=f"process type {item.type}",
        found=", ".join(wrong) or "as Celery 5 wants them",
        recommended=_RECOMMENDED,
        verdict=verdict,
        why=_WHY,
        celery=line,
        django=line,
        source="https://docs.celeryq.dev/en/stable/history/whatsnew-5.0.html",
    )
