"""Whether the app reads the eager variable at all, as far as its workers show; Celery itself does not read it.

Others than workers are not asked: in the end silence is the proof, and the drain watches what is published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.errors import EagerIgnored
from migrate.migration import EAGER
from migrate.workers import workforce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrate.brokers.report import WorkerNode
    from migrate.run import Run

ACCEPTED: Final = "EAGER_IGNORED"
_STAY: Final = """\
import celery.signals

@celery.signals.celeryd_init.connect
def stay_on_the_queue(conf, **_):
    conf.task_always_eager = False
    conf.eager_outside_workers = True"""

PLAIN: Final = f"""\
# where the Celery app is made
import os

app.conf.task_always_eager = os.environ.get("CELERY_ALWAYS_EAGER", "").strip().lower() in {{"true", "1", "yes"}}

{_STAY}"""

DJANGO: Final = f"""\
# settings.py, with namespace CELERY
import os

CELERY_TASK_ALWAYS_EAGER = os.environ.get("CELERY_ALWAYS_EAGER", "").strip().lower() in {{"true", "1", "yes"}}

# celery.py
{_STAY}"""


def reads_variable(nodes: Sequence[WorkerNode]) -> bool | None:
    """Given workers of the eager release with their settings, say whether they show that the app reads the variable.

    True where one is eager or says that it stays out of eager mode; None where nobody answers.
    """
    return any(node.is_eager or node.stays_out_of_eager_mode for node in nodes) if nodes else None


def refuse_ignored(run: Run, nodes: Sequence[WorkerNode]) -> None:
    """Raise EagerIgnored where no worker shows that the app reads the variable, unless that was accepted by name."""
    if workforce.are_down(run.journal):
        # Whoever answers now runs without the variable, or elsewhere: it shows nothing.
        return
    if reads_variable(nodes) is not False or ACCEPTED in run.migration.accepted:
        return
    run.note(f"Lines to add; the runbook drain has more on them:\n\n{PLAIN}\n\nWith Django:\n\n{DJANGO}\n")
    raise EagerIgnored(
        f"{run.app} shows no sign of reading {EAGER}.",
        why=f"{EAGER}=True is set and the workers are neither eager nor do they say that they stay out of it. "
        "Celery itself does not read the variable: the app goes on publishing, and the old broker is never empty.",
        next="add the lines above, deploy, and then:",
        choices=(
            f"{run.command('resume', run.migration, '--accept', ACCEPTED)}    (when other processes do read it)",
        ),
    )
