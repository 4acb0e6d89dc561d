from __future__ import annotations

import time
from typing import Any

from celery import shared_task

PATIENCE = 3


@shared_task  # type: ignore[untyped-decorator]  # Celery has no types
def reserve(order: int) -> int:
    time.sleep(0.05)
    return order


@shared_task(bind=True, max_retries=PATIENCE)  # type: ignore[untyped-decorator]
def charge(self: Any, order: int) -> int:
    """The bank is busy at the first call of every fifth order."""
    if order % 5 == 0 and not self.request.retries:
        raise self.retry(countdown=0.5)
    return order


@shared_task  # type: ignore[untyped-decorator]
def ship(order: int) -> int:
    time.sleep(0.1)
    return order


@shared_task  # type: ignore[untyped-decorator]
def thank(order: int) -> None:
    time.sleep(0.02)
    if order % 10 == 0:
        raise ValueError(order)
