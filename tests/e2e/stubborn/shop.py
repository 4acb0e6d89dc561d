"""An app that ignores the eager variable, with a dead-letter queue and a task that beat sends."""

from __future__ import annotations

import os

from celery import Celery
from celery.exceptions import Reject
from kombu import Queue

app = Celery("shop", broker=os.environ["CLOUDAMQP_URL"])
app.conf.task_ignore_result = True
app.conf.broker_connection_retry_on_startup = True
app.conf.broker_transport_options = {"confirm_publish": True}
app.conf.task_queues = [
    Queue(  # type: ignore[no-untyped-call]  # kombu has types here and there
        "celery", queue_arguments={"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead"}
    )
]
app.conf.beat_schedule = {"every-second": {"task": "shop.count", "schedule": 1.0}}


@app.task(name="shop.count")  # type: ignore[untyped-decorator]  # Celery has no types
def count() -> None:
    """Be counted."""


@app.task(name="shop.remind")  # type: ignore[untyped-decorator]  # Celery has no types
def remind() -> None:
    """Be due in two hours."""


@app.task(name="shop.refuse", acks_late=True)  # type: ignore[untyped-decorator]  # Celery has no types
def refuse() -> None:
    """End among the dead letters."""
    raise Reject("nobody wants it", requeue=False)
