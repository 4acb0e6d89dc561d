"""Watching the old broker until it is proven empty, and proving it again at the last moment."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from migrate.broker_report import BrokerUnreadable, Observation, QueueReport
from migrate.drain import Empty, NotEmpty, judge, rate, still_empty
from migrate.errors import NotDrained, WorldChanged
from migrate.migration import EAGER, MARKER
from migrate.queues import work_queues
from migrate.quiet import answering_workers
from migrate.releases import PREBOOT_SECONDS, SHUTDOWN_SECONDS
from migrate.waits import Waiting
from migrate.wording import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrate.clients.broker import Broker
    from migrate.drain import Unknown
    from migrate.run import Run

FRESH_SECONDS: Final = 60.0
"""A proof that is older than this is none."""
REMEMBERED_SECONDS: Final = 120.0
DYNOS_UP: Final = "dynos-up"
"""The note of when every dyno of the eager release was up."""


def watch(run: Run) -> None:
    """Look at the old broker until it is empty for good; leaves the last look in ``run.proof``.

    Empty means: the verdict of drain.py, and old dynos, which publish until they are killed, are gone.
    Raises NotDrained at the deadline, WorldChanged when the app is no longer eager.
    """
    require_eager(run)
    broker, expected = run.broker(), answering_workers(run)
    old_dynos_gone = run.clock.monotonic() + _old_dynos_seconds(run)
    seen: list[Observation] = []

    def look() -> Observation | Waiting:
        seen.append(broker.observe(run.clock, expected))
        _forget(seen)
        verdict = judge(seen, expected)
        if not isinstance(verdict, Empty):
            return Waiting(_reason(verdict), _detail(broker, seen))
        if (left := old_dynos_gone - run.clock.monotonic()) > 0:
            return Waiting(f"empty; old dynos may still publish for {left:.0f} s", _detail(broker, seen))
        return seen[-1]

    run.proof = run.waiter.until(look, run.limits.drain, expired=lambda last: _not_drained(run, last))


def prove_again(run: Run) -> None:
    """Return once the old broker is empty now, seen in this process: by a look after a fresh proof, or by watching.

    Any message, any task that a worker took since, any reading that failed starts the watch anew.
    """
    broker, expected = run.broker(), answering_workers(run)
    require_eager(run)
    # After the last question to Heroku, whose answer may have taken an outage to come.
    if run.proof is None or run.clock.monotonic() - run.proof.at > FRESH_SECONDS:
        watch(run)
        return
    now = broker.observe(run.clock, expected)
    if still_empty(run.proof, now, expected):
        return
    run.note("Something moved on the old broker since it was found empty; watching it again.")
    watch(run)


def require_eager(run: Run) -> None:
    """Raise WorldChanged unless the current release carries this migration's eager variable and marker."""
    current = next((item for item in run.heroku.releases(run.app) if item.current), None)
    variables = run.heroku.release_config_vars(run.app, current.version) if current else {}
    if variables.get(EAGER) == "True" and variables.get(MARKER, "").startswith(run.migration.id):
        return
    raise WorldChanged(
        f"{EAGER} is no longer what this migration set.",
        why="Somebody changed it, so tasks may be published to the old broker again.",
        next=f"heroku releases --app {run.app}",
    )


def note_dynos_up(run: Run, version: int) -> None:
    """Write down that every dyno of a release is up: from now on old ones have so long to end."""
    run.journal.note(DYNOS_UP, {"version": version, "who": run.who})


def _old_dynos_seconds(run: Run) -> float:
    overlap = PREBOOT_SECONDS if run.heroku.preboot(run.app) else SHUTDOWN_SECONDS
    since, noted = run.journal.noted_at(DYNOS_UP), run.journal.noted(DYNOS_UP) or {}
    # Another machine's clock may be ahead or behind; its word would cut the wait short, or never let it end.
    if since is None or noted.get("who") != run.who:
        return overlap
    return min(overlap - (run.clock.now() - since).total_seconds(), overlap)


def _forget(seen: list[Observation]) -> None:
    while seen[-1].at - seen[0].at > REMEMBERED_SECONDS:
        del seen[0]


def _reason(verdict: NotEmpty | Unknown) -> str:
    return verdict.reason if isinstance(verdict, NotEmpty) else f"not known: {verdict.reason}"


def _detail(broker: Broker, seen: list[Observation]) -> dict[str, Any]:
    queues = seen[-1].queues
    if not isinstance(queues, QueueReport):
        return {}
    work = work_queues(queues)
    consumers = _consumers(broker)
    per_second = rate(seen)
    left = sum(queue.messages for queue in work)
    return {
        "queues": [
            {
                "name": queue.name,
                "ready": queue.ready,
                "unacknowledged": queue.unacknowledged,
                "consumers": None if consumers is None else consumers[queue.name],
            }
            for queue in work
        ],
        "messages_per_second": per_second,
        "seconds_left": round(left / per_second) if per_second and left else None,
    }


def _counts(queue: Mapping[str, Any]) -> str:
    consumers = "unknown" if queue["consumers"] is None else queue["consumers"]
    return (
        f"{queue['name']}: {queue['ready']} ready, {queue['unacknowledged']} unacknowledged, consumers {consumers}."
    )


def _consumers(broker: Broker) -> Counter[str] | None:
    # For the eye only: no verdict rests on it, so an unreadable list is shown as unknown.
    try:
        return Counter(item.queue for item in broker.rabbitmq.consumers())
    except BrokerUnreadable:
        return None


def _not_drained(run: Run, last: Waiting) -> NotDrained:
    return NotDrained(
        "The old broker is not empty, or cannot be proven to be.",
        why=" ".join((sentence(last.reason), *map(_counts, (last.detail or {}).get("queues", ())))),
        next=f"heroku ps --app {run.app}    (do the workers of these queues run?)",
    )
