"""An app that uses its broker as CloudAMQP recommends, and ways to make it worse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from fakes.broker_reports import a_node, queues, workers
from fakes.facts import ADD_ON, DYNOS
from fakes.statistics import ONE_CONSUMER, WORKER, a_client
from migrate.advice.practice import Practice
from migrate.advice.process_commands import read_commands
from migrate.brokers.report import Software
from migrate.platform import ProcessType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.brokers.report import WorkerReport

LABEL = "stingray.rmq.cloudamqp.com/abcdefgh"
ADVISED: Mapping[str, object] = {
    "broker_url": LABEL,
    "broker_pool_limit": 1,
    "broker_heartbeat": None,
    "broker_connection_timeout": 30,
    "eager_outside_workers": True,
    "task_always_eager": False,
}
"""What a worker with the recommended settings answers: those that have their default are left out."""
WITHOUT = "--without-gossip --without-mingle --without-heartbeat"
FORMATION = (
    ProcessType("web", 2, "gunicorn shop.wsgi -w 2"),
    ProcessType("worker", 1, f"celery -A shop worker {WITHOUT} -c 2"),
)


def healthy_practice(**changes: Any) -> Practice:
    """An app on a shared plan: no row has anything to say.

    The commands are those of the formation, unless they are given too.
    """
    practice = Practice(
        app="shop",
        add_on=ADD_ON.name,
        plan=ADD_ON.plan,
        formation=FORMATION,
        dynos=DYNOS,
        workers=answering(),
        software=(Software((5, 7, 0), (5, 7, 0)),),
        version="3.13.7",
        queues=queues(),
        clients=(a_client(WORKER.partition(" -> ")[0], consumers=1),),
        consumers=ONE_CONSUMER,
        connection_limit=20,
        queue_limit=100,
        variables=frozenset({"CLOUDAMQP_URL", "CLOUDAMQP_APIKEY"}),
        own_variables=frozenset({"CLOUDAMQP_URL", "CLOUDAMQP_APIKEY"}),
        copies=(),
        address=LABEL,
    )
    changed = replace(practice, **changes)
    return changed if "commands" in changes else replace(changed, commands=read_commands(changed.formation, {}))


def answering(settings: Mapping[str, object] | None = None, *, without: tuple[str, ...] = ()) -> WorkerReport:
    """One worker with the recommended settings, but for those given, and for those that have their default."""
    told = {**ADVISED, **(settings or {})}
    return workers(a_node(settings={name: value for name, value in told.items() if name not in without}))
