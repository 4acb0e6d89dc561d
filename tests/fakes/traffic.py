"""What has gone through a broker, built in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.brokers.traffic import Passed, Traffic

if TYPE_CHECKING:
    from collections.abc import Mapping


def a_traffic(
    published: int | None, delivered: int | None, exchanges: Mapping[str, int] | None = None, **queues: int
) -> Traffic:
    """By queue: how many it has delivered, and as many came into it."""
    return Traffic(published, delivered, exchanges or {}, {name: Passed(n, n) for name, n in queues.items()})
