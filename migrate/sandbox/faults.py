"""Faults on order: lost replies, errors and slow answers, so that clients can be tested against them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any, Literal

from migrate.sandbox import refusals


@dataclass
class Fault:
    """The next `count` requests that match get it.

    "error": answered with status and id, not done. "drop": connection closed, not done.
    "lose-reply": done, then the connection is closed. "garbage": HTML instead of JSON, not done.
    """

    path: str
    method: str = ".*"
    kind: Literal["error", "drop", "lose-reply", "garbage", "delay"] = "error"
    count: int = 1
    skip: int = 0
    """How many matching requests go through before."""
    status: int = 503
    id: str = "unavailable"
    message: str = "Could not complete the action. Please try again later."
    delay_seconds: float = 0.0

    def matches(self, method: str, path: str) -> bool:
        """Return whether a request is meant; both patterns must match in full."""
        return bool(re.fullmatch(self.method, method) and re.fullmatch(self.path, path))


class Faults:
    """The faults that are still to happen."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, description: dict[str, Any]) -> None:
        """Order a fault, given its fields."""
        try:
            self._waiting.append(Fault(**description))
        except TypeError as error:
            raise refusals.invalid(str(error)) from error

    def clear(self) -> None:
        """Forget all."""
        self._waiting.clear()

    async def take(self, method: str, path: str) -> Fault | None:
        """Given a request, return the fault that it meets, after the fault's delay."""
        fault = next((item for item in self._waiting if item.matches(method, path)), None)
        if fault is None:
            return None
        if fault.skip > 0:
            fault.skip -= 1
            return None
        fault.count -= 1
        if fault.count <= 0:
            self._waiting.remove(fault)
        await asyncio.sleep(fault.delay_seconds)
        return fault
