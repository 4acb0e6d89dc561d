"""An app's message rate for people: the verdict first, then what it consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table

from migrate.advice.message_rate import MONTH, Standing
from migrate.listeners.tables import drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.advice.message_rate import MessageRate, RateRow
    from migrate.events import MessagesCounted

ROWS: Final = 20
"""The others are in the JSON."""
_VERDICTS: Final = {
    Standing.WITHIN: "WITHIN THE QUOTA",
    Standing.OVER: "OVER THE QUOTA",
    Standing.CLOSE: "TOO CLOSE TO TELL",
    Standing.UNKNOWN: "UNKNOWN",
    Standing.UNMETERED: "NO QUOTA",
}


def lines(counted: MessagesCounted) -> Iterator[str]:
    """Given what was counted, return the lines."""
    rate = counted.rate
    yield f"{_VERDICTS[rate.standing]}: {_amount(rate)} messages in 30 days at this rate; {_has(rate, counted.plan)}."
    came, went = _figure(rate.published), _figure(rate.delivered)
    yield f"Counted for {rate.seconds:.0f} s: {came} published and {went} delivered a second."
    if rate.unknown:
        yield f"Not all could be counted: {rate.unknown}."
    yield _events(rate)
    if rate.mailboxes_a_month:
        yield (
            f"Remote control: {rate.mailboxes_a_month:,} a month: inspect, Flower, and workers that start without "
            "--without-mingle."
        )
    if rate.quota_source:
        yield f"Quota by {rate.quota_source}."
    if rate.rows:
        yield from drawn(_table(rate.rows[:ROWS]))
    if rate.beyond:
        yield f"Beside these {rate.beyond:.2f} a second from queues that are gone, as those of workers that ended."
    if len(rate.rows) > ROWS:
        yield f"{len(rate.rows) - ROWS} more with --json."


def _amount(rate: MessageRate) -> str:
    return f"at least {rate.least_a_month:,}" if rate.a_month is None else f"about {rate.a_month:,}"


def _has(rate: MessageRate, plan: str) -> str:
    if rate.standing is Standing.UNMETERED:
        return f"{plan} has no monthly quota"
    return f"how many {plan} has is not known" if rate.quota is None else f"{plan} has {rate.quota:,}"


def _events(rate: MessageRate) -> str:
    if not rate.events_a_month:
        return "Celery's own: no events; the flags --without-gossip and --without-heartbeat would save nothing."
    return (
        f"Celery's own: events, {rate.events_a_month:,} a month. Workers that all run --without-gossip "
        "--without-heartbeat, and send no events of tasks (-E, which Flower's task list needs), save these."
    )


def _table(rows: tuple[RateRow, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("messages", "", "kind", "a second", "in 30 days"):
        table.add_column(name, justify="right" if name in {"a second", "in 30 days"} else "left", overflow="fold")
    for row in rows:
        month = "" if row.a_second is None else f"{row.a_second * MONTH:,.0f}"
        way = "published to" if row.place == "exchange" else "delivered from"
        table.add_row(way, _name(row), row.kind, _figure(row.a_second) + (f" ({row.why})" if row.why else ""), month)
    return table


def _name(row: RateRow) -> str:
    return row.name or "the default exchange"


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"
