"""migrate-plan rehearse with a sandbox whose dynos get 10 s to shut down instead of 30.

WARM and SETTLE in its environment are how many seconds it waits for the first task, and for the last.
"""

from __future__ import annotations

import functools
import os
from unittest import mock

from migrate.cli.app import main
from migrate.drain import emptiness
from migrate.sandbox import settings
from migrate.sandbox.rehearsal import rehearsal

brisk = functools.partial(settings.SandboxSettings, kill_after_seconds=10.0)
warm = float(os.environ.get("WARM", rehearsal.WARM_SECONDS))
settle = float(os.environ.get("SETTLE", rehearsal.SETTLE_SECONDS))

with (
    mock.patch.object(settings, "SandboxSettings", brisk),
    mock.patch.object(emptiness, "SHUTDOWN_SECONDS", 10.0),
    mock.patch.object(rehearsal, "WARM_SECONDS", warm),
    mock.patch.object(rehearsal, "SETTLE_SECONDS", settle),
):
    main()
