"""An app's connections by process type: formula, estimate and what is open now, as rows: pure functions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migrate.advice.connection_budget import budget
from migrate.advice.connection_usages import usages
from migrate.advice.connection_verdict import ceiling, judge
from migrate.advice.open_connections import open_now
from migrate.brokers.report import Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.advice.connection_budget import Budget, Estimate, Term
    from migrate.advice.connection_verdict import Ceiling, Judgement
    from migrate.advice.open_connections import OpenNow
    from migrate.advice.practice import Practice
    from migrate.advice.what_if import WhatIf


class ConnectionRow(Struct, frozen=True):
    """One process type; None where something is not known."""

    process_type: str
    kind: str
    """web, worker, beat, flower, one-off or other."""
    dynos: int
    formula: int | None
    """CloudAMQP's."""
    estimate: int
    in_a_release: int
    open: int | None
    """None also where it cannot be told whose a connection is."""
    terms: tuple[Term, ...]
    """What each dyno opens, and for what."""
    unknown: tuple[str, ...]
    """What makes the estimate a lower bound."""


class Count(Struct, frozen=True):
    """The whole of it."""

    rows: tuple[ConnectionRow, ...]
    needed: Budget
    open: OpenNow | Unreadable
    allowed: Ceiling
    judged: Judgement


def count(practice: Practice, asked: WhatIf, plan: str) -> Count:
    """Given what was read of an app, what is to be otherwise, and the plan, return what it needs and whether it fits.

    What is open now beyond the estimate for the app as it is counts however it is to be.
    """
    now = usages(practice.formation, practice.commands, practice.workers, practice.dynos)
    there = open_now(practice, now)
    wanted = asked.of(now)
    needed = budget(wanted)
    by_type: Mapping[str, int | None] = {}
    if isinstance(there, Unreadable):
        needed = replace(needed, doubts=(f"what is open now could not be read: {there.reason}",))
    else:
        needed = replace(needed, unexplained=budget(now, there.total).unexplained)
        # As long as there are some that may be anybody's, no row is known to have none.
        by_type = {item.type: None if there.unplaced else 0 for item in wanted} | dict(there.by_type)
    allowed = ceiling(plan, practice.connection_limit if plan == practice.plan else None)
    # Two programs of one process type share its dynos, and cannot be told apart.
    times = Counter(item.type for item in wanted)
    rows = tuple(_row(item, by_type.get(item.type) if times[item.type] == 1 else None) for item in needed.estimates)
    return Count(rows, needed, there, allowed, judge(wanted, needed, allowed))


def _row(item: Estimate, open_: int | None) -> ConnectionRow:
    return ConnectionRow(
        process_type=item.type,
        kind=item.kind.value,
        dynos=item.dynos,
        formula=item.formula,
        estimate=item.connections,
        in_a_release=item.in_a_release,
        open=open_,
        terms=item.terms,
        unknown=item.unknown if item.dynos else (),
    )
