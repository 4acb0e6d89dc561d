"""When a traffic generator sends its next request."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from migrate.clock import Clock


def paced(rate: float, stopping: threading.Event, clock: Clock, duration: float | None = None) -> Iterator[int]:
    """Given requests per second, yield the number of each when it is due, until told to stop or the time is over."""
    begin = clock.monotonic()
    for number in itertools.count() if duration is None else range(math.ceil(rate * duration)):
        if stopping.wait(max(0.0, begin + number / rate - clock.monotonic())):
            return
        yield number
