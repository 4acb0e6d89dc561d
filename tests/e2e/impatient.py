"""brisk, with less time for a call and for finding out what became of it: for a network that loses many replies."""

from __future__ import annotations

import functools
import runpy
from pathlib import Path
from unittest import mock

from migrate import run
from migrate.changes import effects
from migrate.clients import heroku_transport
from migrate.waits import Patience

with (
    mock.patch.object(heroku_transport, "_TIME_LIMITS", (2.0, 3.0)),
    mock.patch.object(effects, "IN_FLIGHT_SECONDS", 6.0),
    mock.patch.object(run, "Limits", functools.partial(run.Limits, settle=Patience(deadline=5, interval=0.5))),
):
    runpy.run_path(str(Path(__file__).with_name("brisk.py")))
