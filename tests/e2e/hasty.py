"""migrate-plan for a Heroku whose dynos get 3 s to shut down instead of 30, and which trusts counters sooner."""

from __future__ import annotations

from unittest import mock

from migrate.cli.app import main
from migrate.drain import emptiness
from migrate.lookout import leaks

with mock.patch.object(emptiness, "SHUTDOWN_SECONDS", 3.0), mock.patch.object(leaks, "STATISTICS_LAG", 5.0):
    main()
