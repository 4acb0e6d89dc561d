from __future__ import annotations

import itertools
import os

from celery import chain
from flask import Blueprint

from shop import tasks

orders = Blueprint("orders", __name__)
numbers = itertools.count(os.getpid())


@orders.post("/orders")
def create() -> tuple[dict[str, int], int]:
    order = next(numbers)
    chain(tasks.reserve.s(order), tasks.charge.s(), tasks.ship.s(), tasks.thank.s()).apply_async()
    return {"order": order}, 202


@orders.post("/letters")
def write() -> tuple[dict[str, int], int]:
    order = next(numbers)
    tasks.thank.delay(order)
    return {"order": order}, 202
