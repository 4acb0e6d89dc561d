"""Workers that read a pasted copy of the old broker's address: on the new broker only once the copy is rewritten.

Until then they are on the old one, or, once that is removed, on none and run nothing: it was empty. The release that
rewrites the copies must not wait for them, nor take those for absent that are merely slow to boot.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from migrate.brokers.address import BrokerAddress
from migrate.brokers.report import Unreadable
from migrate.brokers.scheme_change import scheme_change
from migrate.clients.broker import readable
from migrate.errors import AccessError, BrokerUrlInvalid, WaitExpired, WorldChanged
from migrate.migration import BESIDE, READ
from migrate.waits import Patience
from migrate.wording import listed
from migrate.workers import workforce
from migrate.workers.quiet import answering_workers, quiesce_others, wait_for_workers

if TYPE_CHECKING:
    from migrate.run import Run


READ_BY_CELERY: Final = frozenset({"BROKER_URL", "CELERY_BROKER_URL", READ})
"""Before anything that the app says. https://github.com/celery/celery/blob/v5.5.0/celery/bin/celery.py (--broker)"""
_BRIEFLY: Final = Patience(deadline=30, interval=1.0)


def count_those_here(run: Run) -> None:
    """Wait for all workers, and where some do not come to the new broker, note how many there are.

    Only where copies are to be rewritten. Where the old broker is still there, workers on it are brought to rest.
    """
    if not run.migration.copies:
        return
    expected = answering_workers(run)
    # Where Celery itself reads one of them, there is hardly a worker to be waited for.
    known = not READ_BY_CELERY.isdisjoint(run.migration.copies)
    try:
        wait_for_workers(run, "Not all workers have reached the new broker.", _BRIEFLY if known else None)
    except WaitExpired:
        report = readable(run.broker().control.report)
        if isinstance(report, Unreadable):
            raise
        here = len(report.nodes)
        run.journal.note(workforce.HERE, {"workers": here})
        run.note(
            f"{here} of {expected} workers are on the new broker. Not waiting for more: those that read "
            f"{listed(run.migration.copies)} come with the next release, which rewrites it."
        )
    if run.migration.strategy in BESIDE:
        quiesce_others(run, run.old_broker())


def point_out_scheme(run: Run, *, since: str) -> None:
    """Say what it means where the new broker's URL begins otherwise than in the release of the step ``since``."""
    released, variable = run.journal.outcome(since), run.migration.variable
    if released is None:
        return
    # Nothing rests on it.
    with suppress(AccessError, BrokerUrlInvalid, KeyError, WorldChanged):
        before = run.heroku.release_config_vars(run.app, int(released["version"]))
        old = BrokerAddress.from_url(before[variable], variable)
        now = BrokerAddress.from_url(run.variables()[variable], variable)
        if said := scheme_change(old, now, (variable, *run.migration.copies)):
            run.note(said)
