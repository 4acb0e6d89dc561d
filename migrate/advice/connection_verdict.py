"""Whether an app's connections fit a plan, and what would make them fit: pure functions."""

from __future__ import annotations

from bisect import bisect_left
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from migrate.advice.connection_budget import Kind, estimate
from migrate.advice.plan_limits import limits_of
from migrate.brokers.plan_pairs import kind_of_plan
from migrate.brokers.report import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from migrate.advice.connection_budget import Budget, Usage


_EITHER: Final = (("web workers", frozenset({Kind.WEB})), ("concurrency", frozenset({Kind.WORKER})))
_BOTH: Final = (("web workers and concurrency of at most", frozenset({Kind.WEB, Kind.WORKER})),)
"""What may be made smaller."""


class Verdict(StrEnum):
    """Whether it fits; what is not known is not a yes."""

    FITS = "fits"
    TOO_MANY = "too many"
    TIGHT = "too many in a release"
    UNKNOWN = "unknown"


class Ceiling(Struct, frozen=True):
    """How many connections a plan allows; None where that is not known."""

    connections: int | None
    source: str
    """Who says so; or why it is not known."""


class Judgement(Struct, frozen=True):
    """The verdict, and what it rests on."""

    verdict: Verdict
    why: str
    fixes: tuple[str, ...] = ()
    """What would make it fit, each by itself."""
    missing: tuple[str, ...] = ()
    """The names of --what-if by which what is not known can be said."""


def ceiling(plan: str, live: int | Unreadable | None = None) -> Ceiling:
    """Given a plan's full name and what its broker says of its limit, if it was asked, return what is known.

    A vhost without a limit proves nothing about the server's own, so the plan table counts there too.
    """
    if isinstance(live, int):
        return Ceiling(live, "the broker's vhost-limits")
    known = limits_of(kind_of_plan(plan))
    if known.connections is not None:
        return Ceiling(known.connections, known.source)
    unread = f"; the broker: {live.reason}" if isinstance(live, Unreadable) else ""
    return Ceiling(None, f"no page says how many connections {plan.partition(':')[2]} allows{unread}")


def judge(usages: Sequence[Usage], needed: Budget, allowed: Ceiling) -> Judgement:
    """Given how the app uses the broker, the sum of it and the plan's ceiling, return the verdict.

    A lower bound above the ceiling is too many; below it, it is unknown.
    """
    limit = allowed.connections
    if limit is None:
        return Judgement(Verdict.UNKNOWN, f"The plan's limit is not known: {allowed.source}.")
    least = "at least " if needed.unknown else ""
    figures = f"{least}{needed.connections} at work, {least}{needed.in_a_release} in a release, of {limit}"
    if needed.connections > limit:
        return Judgement(Verdict.TOO_MANY, f"{figures}.", tuple(_fixes(usages, needed, limit)))
    if needed.in_a_release > limit:
        why = f"{figures}: while old dynos end, new ones are up already."
        return Judgement(Verdict.TIGHT, why, tuple(_fixes(usages, needed, limit)))
    if needed.unknown:
        why = f"{figures}. Not all of it is known: {'; '.join(needed.unknown)}."
        return Judgement(Verdict.UNKNOWN, why, missing=tuple(_missing(usages)))
    return Judgement(Verdict.FITS, f"{figures}.")


def _missing(usages: Sequence[Usage]) -> Iterator[str]:
    there = [item for item in usages if item.dynos]
    webs = [item for item in there if item.kind is Kind.WEB]
    if any(item.processes is None for item in webs):
        yield "web-workers"
    if any(item.threads is None and item.pool_limit != 1 for item in webs):
        yield "web-threads"
    if any(item.processes is None for item in there if item.kind is Kind.WORKER):
        yield "concurrency"
    if any(item.pool_limit is None for item in there):
        yield "pool"


def _fixes(usages: Sequence[Usage], needed: Budget, limit: int) -> Iterator[str]:
    """Yield the largest settings that would fit in a release too."""

    def fits(changed: Iterable[Usage]) -> bool:
        return replace(needed, estimates=tuple(map(estimate, changed))).in_a_release <= limit

    # With a pool of 1 Flower waits for ever: docs/connections.md.
    pooled = tuple(item if item.kind is Kind.FLOWER else replace(item, pool_limit=1) for item in usages)
    ways = [("", tuple(usages))]
    if pooled != tuple(usages):
        ways.append(("broker_pool_limit 1 and ", pooled))
        if fits(pooled):
            yield "broker_pool_limit 1 would fit"
    for levers in (_EITHER, _BOTH):
        for first, changed in ways:
            found = [(what, _largest(changed, kinds, fits)) for what, kinds in levers]
            if any(number for _, number in found):
                yield from (f"{first}{what} {number} would fit" for what, number in found if number)
                return


def _largest(usages: Sequence[Usage], kinds: Collection[Kind], fits: Callable[[Iterable[Usage]], bool]) -> int | None:
    """Return the largest number of processes of some kinds with which it fits; None where there is none."""
    most = max((item.processes or 1 for item in usages if item.kind in kinds and item.dynos), default=1)

    def too_many(number: int) -> bool:
        return not fits(_with_at_most(item, number) if item.kind in kinds else item for item in usages)

    # More processes never need fewer connections: the first that is one too many has the largest before it.
    return bisect_left(range(1, most), True, key=too_many) or None


def _with_at_most(usage: Usage, processes: int) -> Usage:
    return replace(usage, processes=min(usage.processes or 1, processes))
