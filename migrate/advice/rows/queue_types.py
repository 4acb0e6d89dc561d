"""Quorum queues, and what Celery makes for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.advice.row import Row, Verdict
from migrate.advice.told import oldest_celery
from migrate.brokers.queues import BY_RULE, delay_level
from migrate.brokers.report import Unreadable
from migrate.wording import counted, listed

if TYPE_CHECKING:
    from migrate.advice.practice import Practice

_SINCE: Final = (5, 5)
_WHY: Final = (
    "With quorum queues Celery 5.5 and later keeps tasks with eta or countdown on 28 queues celery_delayed_N, "
    "which count against the plan's queues; autoscale and a prefetch that shrinks do not work; from RabbitMQ 4.0 "
    "on a task that came back 20 times is dropped. Celery before 5.5 cannot take from them."
)


def queue_types(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row on the types of its work queues."""
    found, verdict = _found(practice)
    good = verdict is Verdict.OK
    return (
        Row(
            code="QUEUE_TYPES",
            subject="work queues",
            found=found,
            recommended="classic on a shared plan; quorum where there are several nodes",
            verdict=verdict,
            why=_WHY,
            celery="" if good else 'app.conf.task_default_queue_type = "classic"    # the queues must be made anew',
            django="" if good else 'CELERY_TASK_DEFAULT_QUEUE_TYPE = "classic"    # the queues must be made anew',
            source="https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/rabbitmq.html",
        ),
    )


def _found(practice: Practice) -> tuple[str, Verdict]:
    if isinstance(practice.queues, Unreadable):
        return f"not known: {practice.queues.reason}", Verdict.UNKNOWN
    work = BY_RULE.work(practice.queues)
    levels = [item for item in work if delay_level(item.name) is not None]
    quorum = [item.name for item in work if item.type == "quorum" and item not in levels]
    if not quorum and not levels:
        return "no quorum queue", Verdict.OK
    delayed = f"; {counted(len(levels), 'queue')} for delays" if levels else ""
    found = f"quorum: {listed(quorum, 3) or 'none now'}{delayed}"
    if (oldest_celery(practice) or _SINCE) < _SINCE:
        return f"{found}; workers run Celery before 5.5", Verdict.DANGER
    return found, Verdict.WARNING if practice.is_shared else Verdict.ADVICE
