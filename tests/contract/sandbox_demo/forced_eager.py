"""The demo app in a worker that is eager after all, as one is that takes the config var at its word."""

from __future__ import annotations

from typing import Any

from celery.signals import worker_init

from migrate.sandbox.demo.tasks import app


@worker_init.connect  # type: ignore[untyped-decorator]  # Celery has no types
def be_eager(**_: Any) -> None:
    app.conf.task_always_eager = True
