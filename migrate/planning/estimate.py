"""How long a migration may take, from what the broker said just now: about, and unknown where it is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from migrate.brokers.report import Unreadable
from migrate.changes.releases import PREBOOT_SECONDS, SHUTDOWN_SECONDS
from migrate.drain.verdict import SETTLE_LIVE, latest_due
from migrate.outlook import outlook
from migrate.preview import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.brokers.statistics import QueueRates
    from migrate.facts import BrokerFacts, Facts

_SLOWEST: Final = 0.01
"""Messages a second below which nothing is foretold."""


class _Drain(Struct, frozen=True):
    seconds: float | None
    basis: str


def estimate(facts: Facts) -> Estimate:
    """Given the facts with the strategy that was chosen, return how long it may take."""
    known = outlook(facts)
    if facts.strategy == "in-place":
        return Estimate(None, None, known.brokerless_seconds, "nothing is drained, and nothing is ever eager")
    at_least = PREBOOT_SECONDS if facts.preboot else SHUTDOWN_SECONDS
    drain = _drain(facts.broker)
    seconds = None if drain.seconds is None else round(max(at_least, drain.seconds) + SETTLE_LIVE)
    eager = None
    if seconds is not None and known.eager_seconds is not None:
        # What is known of eager mode has the old dynos in it, which the drain waits for anyhow.
        eager = round(known.eager_seconds - at_least + seconds)
    return Estimate(seconds, eager, known.brokerless_seconds, drain.basis)


def _drain(broker: BrokerFacts) -> _Drain:
    if isinstance(broker.queues, Unreadable):
        return _Drain(None, f"not known: the queues could not be read ({broker.queues.reason})")
    held = _held_seconds(broker)
    messages = sum(queue.messages for queue in broker.work)
    if not messages:
        return _Drain(held, "the queues are empty now")
    if isinstance(broker.rates, Unreadable):
        return _Drain(
            None, f"not known: {messages} messages, and the rates could not be read ({broker.rates.reason})"
        )
    return _by_rates(broker, broker.rates, held, messages)


def _by_rates(broker: BrokerFacts, rates: Mapping[str, QueueRates], held: float, messages: int) -> _Drain:
    """Each queue is emptied by itself: the slowest one counts."""
    slowest, taken = 0.0, 0.0
    for queue in broker.work:
        rate = rates[queue.name].delivered if queue.name in rates else None
        if queue.messages and rate is None:
            return _Drain(None, f"not known: the broker does not say how fast {queue.name} is emptied")
        if queue.messages and (rate or 0.0) < _SLOWEST:
            return _Drain(None, f"not known: nothing was taken from {queue.name} in the last seconds")
        if queue.messages and rate:
            slowest, taken = max(slowest, queue.messages / rate), taken + rate
    return _Drain(max(held, slowest), f"{messages} messages, of which {taken:.3g} a second are taken now")


def _held_seconds(broker: BrokerFacts) -> float:
    workers = broker.workers
    if isinstance(workers, Unreadable) or workers.at is None:
        return 0.0
    due = latest_due(workers)
    return max(0.0, (due - workers.at).total_seconds()) if due else 0.0
