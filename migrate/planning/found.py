"""What was found before anything is decided, in a few lines for people: app, add-on, broker, workers, queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.brokers.report import Unreadable
from migrate.preview import Depth, Found
from migrate.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.facts import BrokerFacts, Facts

SHOWN: Final = 10
"""Queues at most, those with most messages first."""


def found(facts: Facts) -> tuple[Found, ...]:
    """Given the facts, return them in a few lines; what could not be read is said to be unknown."""
    return tuple(Found(name, text) for name, text in _rows(facts) if text)


def depths(broker: BrokerFacts) -> tuple[Depth, ...]:
    """Given what was read of a broker, return what is in its work queues; none where that could not be read."""
    rates = {} if isinstance(broker.rates, Unreadable) else broker.rates
    work = sorted(broker.work, key=lambda queue: -queue.messages)[:SHOWN]
    return tuple(
        Depth(
            queue.name,
            queue.ready,
            queue.unacknowledged,
            rates[queue.name].published if queue.name in rates else None,
            rates[queue.name].delivered if queue.name in rates else None,
        )
        for queue in work
    )


def _rows(facts: Facts) -> Iterator[tuple[str, str]]:
    price = facts.current_plan.price if facts.current_plan else "price unknown"
    newest = facts.releases[0] if facts.releases else None
    release = f"release v{newest.version} {newest.status}" if newest else "no release yet"
    modes = [name for name, on in (("maintenance mode", facts.app.maintenance), ("preboot", facts.preboot)) if on]
    yield "app", f"{facts.app.name}, {release}{''.join(f', {mode} on' for mode in modes)}"
    yield "dynos", _dynos(facts)
    yield "add-on", f"{facts.add_on.name} on {facts.add_on.plan} ({price}), as {listed(facts.own_attachments)}"
    yield "broker", _broker(facts.broker)
    yield "workers", _workers(facts)
    yield "copies", listed([f"{item.variable} ({item.holds})" for item in facts.copies], 5)


def _dynos(facts: Facts) -> str:
    types = [f"{item.type}={item.quantity} ({item.size})" for item in facts.formation if item.type != "release"]
    return f"{listed(types) or 'none'}; each release restarts {counted(facts.restarted_dynos, 'dyno')}"


def _broker(broker: BrokerFacts) -> str:
    if isinstance(broker.label, Unreadable):
        return f"unknown: {broker.label.reason}"
    version = broker.version
    if isinstance(version, Unreadable):
        return f"{broker.label}, version unknown: {version.reason}"
    return f"{broker.label}, {version if version[:1].isalpha() else f'RabbitMQ {version}'}"


def _workers(facts: Facts) -> str:
    workers, software = facts.broker.workers, facts.broker.software
    if isinstance(workers, Unreadable):
        return f"unknown: {workers.reason}"
    versions = () if isinstance(software, Unreadable) else {item.celery for item in software if item.celery}
    celery = "".join(f", Celery {'.'.join(map(str, version))}" for version in sorted(versions))
    running = sum(len(node.active) for node in workers.nodes)
    expected = max(facts.expected_workers, len(workers.nodes))
    return f"{len(workers.nodes)} of {expected} answer{celery}; {counted(running, 'task')} running"
