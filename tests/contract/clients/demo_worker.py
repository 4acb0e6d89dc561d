"""The demo app's worker as a dyno: a real Celery worker on a broker, and tasks for it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from celery import Celery
from polling import until

from migrate import procfile
from migrate.sandbox import demo
from migrate.sandbox.dynos.environment import of_dyno

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from migrate.brokers.report import WorkerNode, WorkerReport
    from migrate.clients.celery_control import CeleryControl

APP_DIR = Path(demo.__file__).parent
COMMAND = procfile.read(APP_DIR)["worker"]


@contextlib.contextmanager
def demo_worker(home: Path, broker_url: str, dyno: str = "worker.1", **variables: str) -> Iterator[None]:
    """Run the Procfile's worker; the block is entered once it takes tasks, and its processes end with it."""
    config = {
        **variables,
        "CLOUDAMQP_URL": broker_url,
        "LEDGER_PATH": str(home / "ledger.jsonl"),
        "PYTHONPATH": str(APP_DIR.parents[2]),  # the tests also run from a checkout that is not installed
    }
    with _worker(home, dyno, APP_DIR, COMMAND, config):
        yield


@contextlib.contextmanager
def advised_worker(home: Path, broker_url: str, **variables: str) -> Iterator[None]:
    """Run the worker of an app that takes its settings from migrate.advice, likewise."""
    with shop_worker(home, broker_url, "celery -A advised_shop worker -l INFO", **variables):
        yield


@contextlib.contextmanager
def shop_worker(home: Path, broker_url: str, command: str, **variables: str) -> Iterator[None]:
    """Run a worker of one of the apps beside this file, likewise."""
    config = {**variables, "CLOUDAMQP_URL": broker_url, "PYTHONPATH": str(APP_DIR.parents[2])}
    with _worker(home, "worker.1", Path(__file__).parent, command, config):
        yield


@contextlib.contextmanager
def _worker(home: Path, dyno: str, folder: Path, command: str, config: dict[str, str]) -> Iterator[None]:
    log = home / f"{dyno}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command}"],
            cwd=folder,
            env=of_dyno(home, dyno, None, config),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        until(lambda: " ready." in log.read_text(), seconds=60)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def send_work(broker_url: str, *ids: str, seconds: float = 0.0, eta: datetime | None = None) -> None:
    """Hand tasks to the worker; the broker has confirmed them when this returns."""
    with Celery(broker=broker_url) as app:
        app.conf.broker_transport_options = {"confirm_publish": True}
        for task_id in ids:
            app.send_task("demo.work", args=[task_id, seconds], task_id=task_id, eta=eta)


def only(report: WorkerReport) -> WorkerNode:
    """Return the one worker of a report."""
    (node,) = report.nodes
    return node


def after(control: CeleryControl, condition: Callable[[WorkerNode], bool]) -> WorkerNode:
    """Return the first reading of the only worker for which the condition holds."""
    readings: list[WorkerNode] = []

    def look() -> bool:
        readings.append(only(control.report(1)))
        return condition(readings[-1])

    until(look)
    return readings[-1]
