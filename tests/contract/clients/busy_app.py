"""A Celery app whose tasks write into a ledger when they begin and when they are done, one line each."""

from __future__ import annotations

import json
import os
import time

from celery import Celery

app = Celery("busy", broker=os.environ["BROKER_URL"])
app.conf.broker_connection_retry_on_startup = True
app.conf.update(json.loads(os.environ.get("SETTINGS", "{}")))


def write(event: str, task_id: str) -> None:
    """Append in one write, so that lines of several processes do not mix."""
    file = os.open(os.environ["LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, f"{event} {task_id}\n".encode())
    finally:
        os.close(file)


def work(task_id: str, seconds: float) -> None:
    write("began", task_id)
    time.sleep(seconds)
    write("done", task_id)


@app.task(name="busy.early")  # type: ignore[untyped-decorator]  # Celery has no types
def early(task_id: str, seconds: float) -> None:
    work(task_id, seconds)


@app.task(name="busy.late", acks_late=True)  # type: ignore[untyped-decorator]  # Celery has no types
def late(task_id: str, seconds: float) -> None:
    work(task_id, seconds)


@app.task(name="busy.requeued", acks_late=True, reject_on_worker_lost=True)  # type: ignore[untyped-decorator]  # likewise
def requeued(task_id: str, seconds: float) -> None:
    work(task_id, seconds)
