"""The plan list as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from migrate.listeners.tables import drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.advice.plan_rows import PlanRow
    from migrate.events import PlansListed


def lines(listed: PlansListed) -> Iterator[str]:
    """Given the plans, return the lines of their table, and where the limits are from."""
    yield from drawn(_table(listed))
    found = {row.source: row.plan.partition(":")[2] for row in reversed(listed.plans) if row.source}
    if said := "; ".join(f"{source} ({name} and others)" for source, name in sorted(found.items())):
        yield f"Limits: {said}. The broker itself knows better."


def _table(listed: PlansListed) -> Table:
    table = Table(box=None, pad_edge=False)
    limits = ("connections", "queues", "messages a month")
    for name in ("", "plan", "price", "broker", "server", *limits, *(("from here",) if listed.current else ())):
        table.add_column(name, justify="right" if name in limits else "left", no_wrap=True)
    for row in listed.plans:
        known = map(_number, (row.connections, row.queues, row.messages_a_month))
        here = ("*" if row.current else "", row.plan.partition(":")[2], row.price, row.broker, _server(row), *known)
        table.add_row(*here, *((_way(row),) if listed.current else ()))
    return table


def _server(row: PlanRow) -> str:
    if row.shared:
        return "shared"
    return "dedicated" if row.nodes is None else f"dedicated x {row.nodes}"


def _number(limit: int | None) -> str:
    return "unknown" if limit is None else f"{limit:,}"


def _way(row: PlanRow) -> str:
    if row.current:
        return "you are here"
    return "in place" if row.in_place else "a new add-on"
