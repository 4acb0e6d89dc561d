"""The one way to wait for something that sends no signal: a port, a process of somebody else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_POLL_SECONDS = 0.05


async def until(condition: Callable[[], bool], limit_seconds: float) -> bool:
    """Wait until a condition holds; return whether it did in time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limit_seconds
    while not condition():
        if loop.time() >= deadline:
            return False
        await asyncio.sleep(_POLL_SECONDS)
    return True
