"""Who empties the old broker: the workers as they are, or dynos that are started for it without eager mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.brokers.report import Unreadable
from migrate.migration import EAGER_STRATEGIES

if TYPE_CHECKING:
    from migrate.facts import Facts
    from migrate.migration import Choices

MAY_BE_EAGER: Final = "WORKERS_MAY_BE_EAGER"


def who_drains(facts: Facts, choices: Choices) -> str:
    """Given the facts and what the operator has decided, return ``workers`` or ``dynos``.

    Unless it was said: dynos where a worker does not promise to stay out of eager mode, and where taking its variable
    away is known to be the remedy.
    """
    if choices.strategy not in EAGER_STRATEGIES:
        return "workers"  # nobody is eager
    if choices.drain_dynos is not None:
        return "dynos" if choices.drain_dynos else "workers"
    if MAY_BE_EAGER in choices.accepted:
        return "workers"
    workers = facts.broker.workers
    if choices.scale_up and not isinstance(workers, Unreadable) and not workers.nodes:
        return "dynos"  # nobody is there to be asked, and they do well either way
    return "dynos" if unsure_workers(facts) and not obstacle(facts) else "workers"


def unsure_workers(facts: Facts) -> tuple[str, ...]:
    """Return the names of the workers that do not promise that the eager variable leaves them alone."""
    workers = facts.broker.workers
    nodes = () if isinstance(workers, Unreadable) else workers.nodes
    return tuple(node.name for node in nodes if not node.stays_out_of_eager_mode)


def obstacle(facts: Facts) -> str:
    """Return why it is not certain that drain dynos help; empty where it is."""
    workers = facts.broker.workers
    nodes = () if isinstance(workers, Unreadable) else workers.nodes
    dynos = sum(facts.worker_dynos.values())
    if not dynos:
        return "No process type with dynos is seen to run a Celery worker, so there is no command for drain dynos."
    if len(nodes) > dynos:
        return (
            f"{len(nodes)} workers answer and {dynos} dynos are seen to run one: drain dynos would not stand for the "
            "others, which may be other apps' or behind a wrapper script."
        )
    if facts.eager is None and any(node.is_eager for node in nodes):
        return "A worker is eager now, without the variable: drain dynos, which lack the variable, would be so too."
    return ""
