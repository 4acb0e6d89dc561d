"""The checks: each looks at the facts and finds nothing, or one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.preflight.add_on_ready import add_on_ready
from migrate.preflight.another_migration import another_migration
from migrate.preflight.attached_here_only import attached_here_only
from migrate.preflight.beat_pauses import beat_pauses
from migrate.preflight.beat_runs import beat_runs
from migrate.preflight.billed_here import billed_here
from migrate.preflight.broker_readable import broker_readable
from migrate.preflight.connections_counted import connections_counted
from migrate.preflight.connections_fit import connections_fit
from migrate.preflight.connections_in_a_release import connections_in_a_release
from migrate.preflight.connections_still_too_many import connections_still_too_many
from migrate.preflight.copies_follow import copies_follow
from migrate.preflight.counts_cached import counts_cached
from migrate.preflight.delayed_exchange import delayed_exchange
from migrate.preflight.drain_dynos import drain_dynos
from migrate.preflight.finding import Finding, Severity
from migrate.preflight.formation_up import formation_up
from migrate.preflight.held_tasks import held_tasks
from migrate.preflight.ignored_in_use import ignored_in_use
from migrate.preflight.ignored_queues import ignored_queues
from migrate.preflight.in_place_likely import in_place_likely
from migrate.preflight.names_free import names_free
from migrate.preflight.newer_broker import newer_broker
from migrate.preflight.no_pasted_copies import no_pasted_copies
from migrate.preflight.no_worker_dynos import no_worker_dynos
from migrate.preflight.one_off_dynos import one_off_dynos
from migrate.preflight.plan_change_in_place import plan_change_in_place
from migrate.preflight.plan_exists import plan_exists
from migrate.preflight.preboot import preboot
from migrate.preflight.queue_uncounted import queue_uncounted
from migrate.preflight.releases_settled import releases_settled
from migrate.preflight.same_broker import same_broker
from migrate.preflight.strategy_possible import strategy_possible
from migrate.preflight.topology_unread import topology_unread
from migrate.preflight.workers_answer import workers_answer
from migrate.preflight.workers_heard import workers_heard
from migrate.preflight.workers_not_eager import workers_not_eager
from migrate.preflight.workers_running import workers_running

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from migrate.facts import Facts

CHECKS: Final[tuple[Callable[[Facts], Finding | None], ...]] = (
    plan_exists,
    strategy_possible,
    in_place_likely,
    names_free,
    billed_here,
    attached_here_only,
    another_migration,
    add_on_ready,
    releases_settled,
    broker_readable,
    same_broker,
    queue_uncounted,
    workers_running,
    ignored_in_use,
    delayed_exchange,
    formation_up,
    workers_answer,
    workers_heard,
    workers_not_eager,
    no_worker_dynos,
    drain_dynos,
    no_pasted_copies,
    copies_follow,
    plan_change_in_place,
    preboot,
    one_off_dynos,
    beat_runs,
    beat_pauses,
    held_tasks,
    ignored_queues,
    counts_cached,
    newer_broker,
    topology_unread,
    connections_fit,
    connections_in_a_release,
    connections_still_too_many,
    connections_counted,
)


_ABOUT_EAGER: Final = frozenset({workers_not_eager, beat_runs})
_ABOUT_THE_DRAIN: Final = frozenset(
    {
        queue_uncounted,
        workers_running,
        ignored_in_use,
        delayed_exchange,
        held_tasks,
        ignored_queues,
        counts_cached,
        newer_broker,
        topology_unread,
        preboot,
        one_off_dynos,
    }
)
_IDLE: Final[Mapping[str, frozenset[Callable[[Facts], Finding | None]]]] = {
    "bridge": _ABOUT_EAGER,
    "in-place": _ABOUT_EAGER | _ABOUT_THE_DRAIN,
}
"""By strategy: the checks of what does not come about in it."""


def findings(facts: Facts) -> tuple[Finding, ...]:
    """Given the facts, return what the checks found, in their order."""
    idle = _IDLE.get(facts.strategy, frozenset())
    return tuple(found for check in CHECKS if check not in idle and (found := check(facts)))


def blocking(
    found: Collection[Finding], accepted: Collection[str], answered: Collection[str] = ()
) -> tuple[Finding, ...]:
    """Given findings and the codes that were accepted by name, return those that keep a migration from starting.

    ``answered`` are codes of what the operator has decided about otherwise.
    """
    return tuple(
        item
        for item in found
        if item.code not in answered
        if item.severity is Severity.REFUSE or (item.severity is Severity.ASK and item.code not in accepted)
    )
