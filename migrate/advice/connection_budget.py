"""How many connections an app's processes open to their broker: pure functions.

CloudAMQP's formula and, beside it, what Celery really opens, held against real processes by `make bench-connections`
(docs/connections.md). A worker's main process: celery/worker/consumer/connection.py and events.py; a process's pool:
kombu/pools.py, which Celery limits with broker_pool_limit.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OWN: Final = 2
"""What migrate-plan itself opens to a broker at most: one to ask the workers, one to carry messages."""
NO_BOUND: Final = 0
"""The pool limit, 0 or None in Celery's words, with which every publish opens a connection of its own."""
_FLOWERS_QUESTIONS: Final = 18
"""Eight at once about a worker, and one to all, each on a connection to ask on and one to hear on."""
_ONE_PROCESS: Final = frozenset({"threads", "gevent", "eventlet"})
"""Pools whose slots share one process, and so one pool of connections. Any other may have a process for each."""


class Kind(StrEnum):
    """What the dynos of a process type run."""

    WEB = "web"
    WORKER = "worker"
    BEAT = "beat"
    FLOWER = "flower"
    ONE_OFF = "one-off"
    OTHER = "other"


class Usage(Struct, frozen=True):
    """How the dynos of one process type use the broker; a number that is not known is None, which is not 0."""

    type: str
    kind: Kind
    dynos: int
    processes: int | None = 1
    """Of each dyno: those of its web server, or a worker's concurrency."""
    threads: int | None = 1
    """Of each process of a web server."""
    pool_limit: int | None = None
    """Of each process's pool, or NO_BOUND."""
    pool: str = "prefork"
    """Of a worker."""
    events: bool = False
    """Whether a worker sends events of any kind: heartbeats, gossip, or what its tasks do."""
    beat: bool = False
    """Whether beat runs inside the worker."""
    results: bool = False
    """Whether results come back over the broker (rpc)."""
    restarted: bool = True
    """Whether a release starts new ones beside the old ones."""
    doubts: tuple[str, ...] = ()
    """What else is not known about it."""


class Term(Struct, frozen=True):
    """So many connections of one dyno, and what they are for."""

    count: int
    what: str


class Estimate(Struct, frozen=True):
    """What the dynos of one process type have open once each of their processes has published."""

    type: str
    kind: Kind
    dynos: int
    formula: int | None
    """By CloudAMQP's formula; None where a number of it is not known."""
    terms: tuple[Term, ...]
    """Of each dyno."""
    unknown: tuple[str, ...]
    """What makes it a lower bound; empty where it is the whole truth."""
    restarted: bool = True

    @property
    def connections(self) -> int:
        """In the steady state, of all its dynos."""
        return self.dynos * sum(term.count for term in self.terms)

    @property
    def in_a_release(self) -> int:
        """While old dynos end and new ones are up already: for 30 s at most, with preboot for minutes."""
        return self.connections * (2 if self.restarted else 1)


class Budget(Struct, frozen=True):
    """What a whole app needs."""

    estimates: tuple[Estimate, ...]
    unexplained: int = 0
    """Open now, beyond what any process type accounts for."""
    own: int = OWN
    doubts: tuple[str, ...] = ()
    """What is not known of the app as a whole."""

    @property
    def connections(self) -> int:
        """In the steady state, with migrate-plan's own."""
        return sum(item.connections for item in self.estimates) + self.unexplained + self.own

    @property
    def in_a_release(self) -> int:
        """At the peak."""
        return sum(item.in_a_release for item in self.estimates) + self.unexplained + self.own

    @property
    def formula(self) -> int | None:
        """CloudAMQP's, of all web and worker dynos; None where a number of it is not known."""
        parts = [item.formula for item in self.estimates]
        return None if None in parts else sum(filter(None, parts))

    @property
    def unknown(self) -> tuple[str, ...]:
        """What makes it a lower bound."""
        found = (f"{item.type}: {why}" for item in self.estimates if item.dynos for why in item.unknown)
        return tuple(dict.fromkeys((*found, *self.doubts)))


def budget(usages: Iterable[Usage], really_open: int | None = None) -> Budget:
    """Given how each process type uses the broker, and how many connections of others are open, return the sum.

    What is open beyond the estimate counts: something opens it.
    """
    known = Budget(tuple(map(estimate, usages)), own=0)
    return replace(known, own=OWN, unexplained=max(0, (really_open or 0) - known.connections))


def estimate(usage: Usage) -> Estimate:
    """Given how one process type uses the broker, return what its dynos need."""
    return Estimate(
        type=usage.type,
        kind=usage.kind,
        dynos=usage.dynos,
        formula=_formula(usage),
        terms=tuple(term for term in _terms(usage) if term.count),
        unknown=tuple(_unknown(usage)),
        restarted=usage.restarted,
    )


def _formula(usage: Usage) -> int | None:
    """BROKER_POOL_LIMIT * (web dynos * web workers + worker dynos * worker concurrency), as far as it is about it."""
    if usage.kind not in {Kind.WEB, Kind.WORKER} or not usage.dynos:
        return 0
    if usage.processes is None or usage.pool_limit is None:
        return None
    return usage.pool_limit * usage.dynos * usage.processes


def _terms(usage: Usage) -> Iterator[Term]:
    match usage.kind:
        case Kind.WORKER:
            yield from _of_a_worker(usage)
        case Kind.WEB:
            processes, threads = usage.processes or 1, usage.threads or 1
            each = _at_most(threads, usage)
            yield Term(processes * each, f"web processes x threads that publish at once: {processes} x {each}")
            if usage.results:
                yield Term(processes * threads, "every thread that waits for results by rpc")
        case Kind.BEAT:
            yield Term(1, "beat, from its first publish on")
        case Kind.FLOWER:
            yield Term(2, "Flower, which listens to events")
            yield Term(_at_most(_FLOWERS_QUESTIONS, usage), "what it asks the workers")
        case Kind.ONE_OFF | Kind.OTHER:
            yield Term(_at_most(1, usage), "a process that publishes")


def _of_a_worker(usage: Usage) -> Iterator[Term]:
    concurrency = usage.processes or 1
    yield Term(1, "the worker, which consumes")
    yield Term(int(usage.events), "its events: heartbeat, gossip or tasks")
    if usage.pool == "solo":
        yield Term(_at_most(1, usage), "its task, or an answer to remote control")
    elif usage.pool in _ONE_PROCESS:
        yield Term(_at_most(concurrency + 1, usage), "its slots and remote control, which share one pool")
    else:
        yield Term(_at_most(1, usage), "its answers to remote control")
        yield Term(concurrency * _at_most(1, usage), "its children, once each has published or sent a result by rpc")
    yield Term(int(usage.beat), "beat inside it")


def _at_most(wanted: int, usage: Usage) -> int:
    """Return how many of those that publish at once have a connection each; 0 where none stays open."""
    return min(wanted, 1 if usage.pool_limit is None else usage.pool_limit)


def _unknown(usage: Usage) -> Iterator[str]:
    if usage.pool_limit == NO_BOUND:
        yield "without a pool limit every publish opens a connection of its own, and there is no bound"
    if usage.pool_limit is None:
        yield "the pool limit is not known, at least 1"
    if usage.processes is None:
        yield "how many processes a dyno has is not known, at least 1"
    if usage.threads is None and usage.kind is Kind.WEB and usage.pool_limit != 1:
        yield "how many threads a process has is not known, at least 1"
    yield from usage.doubts
