"""The Celery app and its tasks; each task knows its ledger id and records every try."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Any, Final

from celery import Celery, current_task
from celery.app.amqp import AMQP
from celery.signals import celeryd_init
from kombu.connection import Connection

from migrate.clock import SystemClock
from migrate.sandbox.demo.settings import celery_settings, eager_everywhere, ledger_path
from migrate.sandbox.rehearsal.ledger import Ledger

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

RETRY_SECONDS: Final = (1.0, 2.0)


class PatientConnection(Connection):
    """A connection that is tried again every 2 s, where Celery's waits grow to half a minute."""

    def ensure_connection(self, *args: Any, **options: Any) -> Connection:
        """Connect, with steady waits between the attempts unless the caller asks for others."""
        super().ensure_connection(*args, **{"interval_step": 0, **options})  # type: ignore[no-untyped-call]
        return self


class PatientAMQP(AMQP):  # type: ignore[misc]  # Celery has no types
    """Celery's AMQP layer on patient connections."""

    Connection = PatientConnection


app = Celery("demo", amqp=PatientAMQP)
app.conf.update(celery_settings(os.environ))
ledger = Ledger(ledger_path(os.environ), dyno=os.environ.get("DYNO", ""))
clock = SystemClock()


@celeryd_init.connect  # type: ignore[untyped-decorator]  # Celery has no types
def stay_on_the_queue(conf: Any, **_: Any) -> None:
    """Turn eager mode off in this process, because it is a worker, whatever the config vars say.

    A config var reaches every dyno. An eager worker runs the next task of a chain inside the one at
    hand and forgets those after it, without an error.
    """
    if not eager_everywhere(os.environ):
        conf.task_always_eager = False


@app.task(name="demo.work")  # type: ignore[untyped-decorator]  # Celery has no types
def work(task_id: str, seconds: float) -> None:
    """Work for some seconds."""
    with on_record(task_id):
        clock.sleep(seconds)


@app.task(name="demo.part", ignore_result=False)  # type: ignore[untyped-decorator]  # Celery has no types
def part(task_id: str, seconds: float) -> str:
    """Work for some seconds and store a result, which the body of a chord waits for."""
    with on_record(task_id):
        clock.sleep(seconds)
    return task_id


@app.task(name="demo.stumble", bind=True)  # type: ignore[untyped-decorator]  # Celery has no types
def stumble(self: Any, task_id: str, seconds: float, failures: int) -> None:
    """Work for some seconds at every try, and ask for another one as often as told."""
    with on_record(task_id):
        clock.sleep(seconds)
        if self.request.retries < failures:
            ledger.retried(task_id)
            raise self.retry(countdown=random.uniform(*RETRY_SECONDS), max_retries=failures)


@app.task(name="demo.spawn")  # type: ignore[untyped-decorator]  # Celery has no types
def spawn(task_id: str, seconds: float, children: dict[str, float]) -> None:
    """Work for some seconds, then hand further tasks to Celery from in here.

    If a publish raises, this task does not finish: nobody else would notice that its child is gone.
    """
    with on_record(task_id):
        clock.sleep(seconds)
        for child, child_seconds in children.items():
            ledger.handed(child, "spawn.child", task_id.partition(".")[0])
            work.apply_async((child, child_seconds), task_id=child)


def on_record(task_id: str) -> AbstractContextManager[None]:
    """Given the ledger id of the task at hand, return the context that records this try of it."""
    return ledger.running(task_id, "inline" if current_task.request.is_eager else "worker")
