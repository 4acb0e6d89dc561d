"""migrate-plan for a Heroku whose dynos get 10 s to shut down instead of 30, as the stage's sandbox is set.

Where nobody publishes in the meantime, or no dyno needs as long, SHUTDOWN in its environment may be less, and so
may SETTLE, how long an empty queue must stay empty. What does not drain is taken to be stuck after 5 s.

It kills itself, as the kernel would, at the fault point that KILL_AT in its environment names; or, given a
file in KILL_AT_NEW_POINT_OF, at the first point that is not in that file, once it has added it.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from unittest import mock

from migrate import fault_points
from migrate.cli.app import main
from migrate.drain import emptiness
from migrate.drain import verdict as drain


def die_in_time(reached: str) -> None:
    if reached == os.environ.get("KILL_AT") or is_new(reached):
        os.kill(os.getpid(), signal.SIGKILL)


def is_new(reached: str) -> bool:
    if "KILL_AT_NEW_POINT_OF" not in os.environ:
        return False
    seen = Path(os.environ["KILL_AT_NEW_POINT_OF"])
    if seen.exists() and reached in seen.read_text().splitlines():
        return False
    with seen.open("a") as stream:
        stream.write(f"{reached}\n")
    return True


seconds = float(os.environ.get("SHUTDOWN", "10"))
with (
    mock.patch.object(emptiness, "SHUTDOWN_SECONDS", seconds),
    mock.patch.object(drain, "SETTLE_LIVE", float(os.environ.get("SETTLE", drain.SETTLE_LIVE))),
    mock.patch.object(drain, "STILL_SECONDS", 5.0),
    fault_points.armed(die_in_time),
):
    main()
