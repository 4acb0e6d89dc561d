from __future__ import annotations

import time
from typing import Any

from celery import shared_task


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def reserve(order: int) -> int:
    time.sleep(0.05)
    return order


@shared_task(bind=True)  # type: ignore[untyped-decorator]
def charge(self: Any, order: int) -> int:
    """The bank is busy at the first call of every third order."""
    if order % 3 == 0 and not self.request.retries:
        raise self.retry(countdown=0.5)
    return order


@shared_task  # type: ignore[untyped-decorator]
def ship(order: int) -> int:
    time.sleep(0.1)
    return order


@shared_task  # type: ignore[untyped-decorator]
def thank(order: int, copies: int = 0) -> None:
    """Write a letter, and have each copy of it written by a task of its own."""
    time.sleep(0.02)
    for _ in range(copies):
        thank.delay(order)
