"""Celery as what carries a fleet's apps to the machines that work on them.

A message says no more than "look at this app of this fleet": whether there is something to do, and who may, is in the
store. So a message that comes twice, late or never does no harm; a scheduler sends what nobody has taken once more.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from celery import Celery, signals
from kombu import Exchange, Queue
from kombu.exceptions import OperationalError

from migrate.errors import FleetBrokerUnusable

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.secrets import Secret

QUEUE: Final = "migrate-plan-fleet"
TASK: Final = "migrate_plan.work_on"
_LONGEST_WORK: Final = 7 * 24 * 3600 * 1000
"""In milliseconds. A broker takes back what is not acknowledged for 30 minutes, and a drain may take hours.
https://www.rabbitmq.com/docs/consumers#per-queue-delivery-timeouts-using-an-optional-queue-argument"""
_SETTINGS: Final[dict[str, Any]] = {
    # The message of a worker that was killed goes to another one.
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    # No worker keeps messages that another one could work on now.
    "worker_prefetch_multiplier": 1,
    "task_ignore_result": True,
    "task_serializer": "json",
    "accept_content": ["json"],
    "task_default_queue": QUEUE,
    "task_queues": [
        Queue(QUEUE, Exchange(QUEUE), routing_key=QUEUE, queue_arguments={"x-consumer-timeout": _LONGEST_WORK})
    ],
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    # Nobody asks these workers anything, and a plan may allow few connections.
    "worker_enable_remote_control": False,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
}


class _App(Celery):
    """An application that goes by the broker it was given.

    Celery would let CELERY_BROKER_URL of the environment win, which here may be that of anything.
    https://github.com/celery/celery/blob/v5.5.0/celery/app/utils.py (Settings.broker_url)
    """

    def __init__(self, broker: Secret) -> None:
        super().__init__("migrate_plan", set_as_current=False)
        self._broker = broker
        self.conf.update(_SETTINGS)

    def connection_for_read(self, url: str | None = None, **options: Any) -> Any:
        return super().connection_for_read(url or self._broker.reveal(), **options)

    def connection_for_write(self, url: str | None = None, **options: Any) -> Any:
        return super().connection_for_write(url or self._broker.reveal(), **options)


class Carrier:
    """Sends apps to workers, and is one."""

    def __init__(self, broker: Secret) -> None:
        self._app = _App(broker)

    def prove(self) -> None:
        """Return when the broker answers; raises FleetBrokerUnusable."""
        try:
            with self._app.connection_for_write() as connection:
                connection.ensure_connection(max_retries=1, interval_start=0.5)
        except Exception as error:  # noqa: BLE001 -- transports raise what they like, some with the URL in it
            raise _unusable(error) from None

    def send(self, fleet: str, app: str) -> None:
        """Have some worker look at an app; raises FleetBrokerUnusable."""
        try:
            self._app.send_task(TASK, (fleet, app), retry=False)
        except (OperationalError, OSError) as error:
            raise _unusable(error) from None

    def serve(self, work: Callable[[str, str], None], threads: int, shutting_down: Callable[[], None]) -> None:
        """Work on what comes, in so many threads, until the process is told to end."""
        self._app.task(name=TASK)(work)

        def end(**_about: Any) -> None:
            shutting_down()

        def quiet(**_about: Any) -> None:
            logging.getLogger("celery").setLevel(logging.WARNING)

        signals.worker_shutting_down.connect(end, weak=False)
        signals.setup_logging.connect(quiet, weak=False)
        self._app.Worker(
            pool="threads",
            concurrency=threads,
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        ).start()


def _unusable(error: Exception) -> FleetBrokerUnusable:
    return FleetBrokerUnusable(
        "The broker that carries the fleet cannot be used.",
        why=f"{type(error).__name__}. Its URL is not shown: it holds a password.",
        next="export MIGRATE_FLEET_BROKER=amqp://USER:PASSWORD@HOST/VHOST    (and see that it answers)",
    )
