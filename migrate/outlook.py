"""What each strategy would cost this app with this pair of plans, or why it is out of the question."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from migrate.brokers.plan_pairs import changes_in_place
from migrate.brokers.report import Unreadable
from migrate.changes.deploys import BY_VARIABLES
from migrate.changes.releases import PREBOOT_SECONDS, SHUTDOWN_SECONDS
from migrate.drain.who_drains import unsure_workers
from migrate.migration import READ, WRITE
from migrate.preview import Outlook
from migrate.wording import listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrate.facts import Facts

RELEASE_SECONDS: Final = 20
"""What a release without a release command takes until its dynos are up; a big app may take three times as long."""
PROVISION_SECONDS: Final = 120
"""What CloudAMQP takes for a dedicated plan, at a guess: it speaks of up to ten minutes. A shared plan is at once."""
BROKER_VARIABLES: Final = ("BROKER_URL", "CELERY_BROKER_URL", READ, WRITE)
"""Set by somebody else each of them would win over what strategy bridge sets, in some processes or in all.
https://github.com/celery/celery/blob/v5.5.0/celery/bin/celery.py (--broker reads BROKER_URL)"""
_READS_BOTH: Final = (4, 0)
"""The first Celery that takes a broker to read from and one to write to."""


def outlooks(facts: Facts) -> tuple[Outlook, ...]:
    """Given the facts, return every strategy with what it costs, one of them recommended."""
    wanted = recommended(facts)
    return tuple(_outlook(facts, strategy, recommended=strategy == wanted) for strategy in OBSTACLES)


def recommended(facts: Facts) -> str:
    """Given the facts, return the strategy that we would take: of those that are possible, what risks least."""
    possible = [strategy for strategy in OBSTACLES if not OBSTACLES[strategy](facts)]
    # Workers that may be eager need drain dynos, which strategy bridge does without.
    first: tuple[str, ...] = ("in-place", "bridge") if unsure_workers(facts) else ("in-place",)
    order = (*first, "side-by-side", "bridge", "documented")
    return next(strategy for strategy in order if strategy in possible)


def outlook(facts: Facts) -> Outlook:
    """Given the facts, return the strategy that was chosen with what it costs."""
    return _outlook(facts, facts.strategy, recommended=facts.strategy == recommended(facts))


def _outlook(facts: Facts, strategy: str, *, recommended: bool) -> Outlook:
    names, release = len(facts.own_attachments), RELEASE_SECONDS
    old_dynos = int(PREBOOT_SECONDS if facts.preboot else SHUTDOWN_SECONDS)
    # One more after each of two changes of variables, of which one is made while eager.
    deploys = 0 if facts.deploy == BY_VARIABLES or strategy == "in-place" else 2
    releases = {"documented": 2 * names + 3, "in-place": 1}.get(strategy, 2 * names + 7) + deploys
    eager = {
        "documented": old_dynos + (2 * names + 3 + deploys // 2) * release + PROVISION_SECONDS,
        "side-by-side": old_dynos + (2 * names + 3 + deploys // 2) * release,
    }.get(strategy)
    brokerless = {"documented": PROVISION_SECONDS + 2 * release, "in-place": 0}.get(strategy, names * release)
    return Outlook(
        strategy=strategy,
        obstacle=OBSTACLES[strategy](facts),
        releases=releases,
        restarts=releases * facts.restarted_dynos,
        eager_seconds=eager,
        brokerless_seconds=brokerless,
        waits=_WAITS[strategy],
        recommended=recommended,
    )


_WAITS: Final = {
    "documented": "no task but those held for later; no way back once the old add-on is removed",
    "side-by-side": "tasks while CloudAMQP provides the new add-on; a way back until the old one is removed",
    "bridge": "tasks while CloudAMQP provides the new add-on, and new ones until the old broker is empty; a way back "
    "until the old one is removed",
    "in-place": "tasks while CloudAMQP works, which may be down briefly; nothing is drained",
}


def _one_at_a_time(facts: Facts) -> str:
    if facts.several_per_app:
        return ""
    return "the service allows an app one add-on at a time (supports_multiple_installations is false)"


def _bridge(facts: Facts) -> str:
    if alone := _one_at_a_time(facts):
        return alone
    if ruling := [name for name in BROKER_VARIABLES if name in facts.variables]:
        return f"{listed(ruling)} {'is' if len(ruling) == 1 else 'are'} set and would win over what it sets"
    if told := [item.type for item in facts.formation if _names_broker(item.command)]:
        return f"the command of {listed(told)} names a broker itself (-b), which wins over what it sets"
    return _celery_too_old(facts)


def _celery_too_old(facts: Facts) -> str:
    software = facts.broker.software
    if isinstance(software, Unreadable):
        return f"which Celery the app runs is not known ({software.reason})"
    if not software or any(item.celery is None for item in software):
        return "which Celery the app runs is not known: no worker says"
    old = [item.celery for item in software if item.celery and item.celery < _READS_BOTH]
    return f"Celery {'.'.join(map(str, old[0]))} takes one broker only; from 4.0 on it takes two" if old else ""


def _names_broker(command: str) -> bool:
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    return "celery" in {word.rpartition("/")[2] for word in words} and any(
        word in {"-b", "--broker"} or word.startswith("--broker=") for word in words
    )


def _in_place(facts: Facts) -> str:
    before, after = facts.add_on.plan, facts.target
    return "" if changes_in_place(before, after) else f"CloudAMQP does not change {before} into {after} in place"


OBSTACLES: Final[dict[str, Callable[[Facts], str]]] = {
    "documented": lambda _facts: "",
    "side-by-side": _one_at_a_time,
    "bridge": _bridge,
    "in-place": _in_place,
}
"""By strategy: given the facts, return why it is out of the question."""
