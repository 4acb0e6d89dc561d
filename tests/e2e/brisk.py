"""migrate-plan for a Heroku whose dynos get 10 s to shut down instead of 30, as the stage's sandbox is set.

With KILL_AFTER=STEP in its environment it kills itself, as the kernel would, once that step is on record.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING
from unittest import mock

from migrate import emptiness, runner
from migrate.cli.app import main

if TYPE_CHECKING:
    from migrate.run import Run
    from migrate.steps import Step

take = runner._take


def take_and_die(run: Run, step: Step) -> None:
    take(run, step)
    if step.name == os.environ.get("KILL_AFTER"):
        os.kill(os.getpid(), signal.SIGKILL)


with mock.patch.object(emptiness, "SHUTDOWN_SECONDS", 10.0), mock.patch.object(runner, "_take", take_and_die):
    main()
