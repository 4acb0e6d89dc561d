from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

from celery import chain
from django.http import JsonResponse

from orders.tasks import charge, reserve, ship, thank

if TYPE_CHECKING:
    from django.http import HttpRequest

numbers = itertools.count(os.getpid())


def create(_: HttpRequest) -> JsonResponse:
    order = next(numbers)
    chain(reserve.s(order), charge.s(), ship.s(), thank.s(copies=2)).apply_async()
    return JsonResponse({"order": order}, status=202)
