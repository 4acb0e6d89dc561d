"""An app that knows of no ledger, with a task for each way in which a task can end."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from celery import Celery, chain
from celery.exceptions import Ignore, Reject

app = Celery("recorded", broker=os.environ["CLOUDAMQP_URL"], backend=os.environ.get("RESULTS"))
app.conf.task_always_eager = bool(os.environ.get("EAGER"))
app.conf.task_eager_propagates = bool(os.environ.get("PROPAGATES"))
app.conf.worker_prefetch_multiplier = 1


@app.task  # type: ignore[untyped-decorator]  # Celery has no types
def add(*numbers: int) -> int:
    return sum(numbers)


@app.task  # type: ignore[untyped-decorator]
def fails(*_: int) -> None:
    raise ValueError


@app.task(bind=True)  # type: ignore[untyped-decorator]
def stumbles(self: Any, number: int) -> int:
    if not self.request.retries:
        raise self.retry(countdown=0.1)
    return number


@app.task(bind=True)  # type: ignore[untyped-decorator]
def is_replaced(self: Any, number: int) -> Any:
    # In a caller a chain cannot stand in: "Never call result.get() within a task!"
    return self.replace(add.s(number) if self.request.is_eager else chain(add.s(number), add.s(1)))


@app.task  # type: ignore[untyped-decorator]
def is_ignored() -> None:
    raise Ignore


@app.task(acks_late=True)  # type: ignore[untyped-decorator]
def is_rejected() -> None:
    raise Reject("for a dead letter queue", requeue=False)


@app.task(bind=True, acks_late=True)  # type: ignore[untyped-decorator]
def is_requeued(self: Any) -> None:
    if not self.request.delivery_info["redelivered"]:
        raise Reject("to be taken again", requeue=True)


@app.task(time_limit=1)  # type: ignore[untyped-decorator]
def takes_too_long() -> None:
    time.sleep(60)


def hand_over() -> None:
    """Publish one of each, and say beside it how many of its tasks come to be executed."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    add.apply_async((1, 2), link=add.s(3))  # 2, the second without an id until it is published
    chain(add.s(1), fails.s(), add.s(2), add.s(3)).apply_async()  # 2 of 4: the chain ends with an error
    chain(stumbles.s(1), add.s(2), add.s(3)).apply_async()  # 3
    chain(is_replaced.s(1), add.s(2)).apply_async()  # 3: the replacement's last task takes over the id
    chain(is_ignored.si(), add.si(1)).apply_async()  # 1 of 2
    is_rejected.delay()  # 1
    is_requeued.delay()  # 1
    takes_too_long.delay()  # 1
    add.apply_async((1,), expires=past)  # none
    add.apply_async((1,), countdown=3, task_id="revoked")  # none
    app.control.revoke("revoked")


def run_inline() -> None:
    """Run six tasks in this process."""
    chain(stumbles.s(1), add.s(2), add.s(3)).apply_async()
    is_replaced.delay(1)
    is_ignored.delay()
    fails.delay()
