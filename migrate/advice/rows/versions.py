"""Celery, kombu and RabbitMQ, against what is known to go wrong between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.advice.row import Row, Verdict
from migrate.advice.told import oldest_celery
from migrate.brokers.report import Unreadable
from migrate.brokers.versions import RABBITMQ, Version, differences, setting, version
from migrate.wording import listed

if TYPE_CHECKING:
    from migrate.advice.practice import Practice
    from migrate.brokers.report import Software

_OLDEST: Final = Version(RABBITMQ, (3, 0))
"""So that all that a broker is known for counts."""
_MAILBOXES: Final = (5, 7)
_REFUSES_MAILBOXES: Final = (4, 3)
_RECOMMENDED: Final = "Celery and kombu 5.7 or later"
_WHY: Final = "Nothing is known to go wrong between these versions."
_UPGRADE: Final = 'pip install "celery>=5.7"'
_PREFETCH: Final = "worker_prefetch_multiplier"
_SOURCE: Final = "https://docs.celeryq.dev/en/stable/history/index.html"


def versions(practice: Practice) -> tuple[Row, ...]:
    """Given the practice, return a row on the versions of broker and workers."""
    broker = version(practice.version)
    if broker is None or isinstance(practice.software, Unreadable) or not practice.software:
        return (_row(practice, f"not known: {_reason(practice)}", Verdict.UNKNOWN, _told_of(broker, practice)),)
    told = _told_of(broker, practice)
    return (_row(practice, f"{broker}, {_runs(practice.software)}", _verdict(practice, broker, told), told),)


def _told_of(broker: Version | None, practice: Practice) -> tuple[str, ...]:
    if broker is None or isinstance(practice.queues, Unreadable):
        return ()
    # Policies are not asked for: what is said of mirrored queues is left to the migration.
    return differences(_OLDEST, broker, setting(practice.software, practice.queues, ()))


def _verdict(practice: Practice, broker: Version, told: tuple[str, ...]) -> Verdict:
    software = () if isinstance(practice.software, Unreadable) else practice.software
    if broker.is_rabbitmq(*_REFUSES_MAILBOXES) and not all(
        item.celery and item.celery >= _MAILBOXES for item in software
    ):
        return Verdict.DANGER
    workers = () if isinstance(practice.workers, Unreadable) else practice.workers.nodes
    if told and any(node.held for node in workers):
        return Verdict.WARNING
    return Verdict.ADVICE if told else Verdict.OK


def _reason(practice: Practice) -> str:
    if isinstance(practice.version, Unreadable):
        return practice.version.reason
    if isinstance(practice.software, Unreadable):
        return practice.software.reason
    return "no worker answered" if not practice.software else "the broker does not say its version"


def _runs(software: tuple[Software, ...]) -> str:
    found = sorted({f"Celery {_number(item.celery)}, kombu {_number(item.kombu)}" for item in software})
    return listed(found, 3)


def _number(said: tuple[int, ...] | None) -> str:
    return ".".join(map(str, said)) if said else "of an unknown version"


def _row(practice: Practice, found: str, verdict: Verdict, told: tuple[str, ...]) -> Row:
    celery, django = ("", "") if verdict in {Verdict.OK, Verdict.UNKNOWN} else _change(practice)
    return Row("VERSIONS", "versions", found, _RECOMMENDED, verdict, " ".join(told) or _WHY, celery, django, _SOURCE)


def _change(practice: Practice) -> tuple[str, str]:
    if (oldest_celery(practice) or ()) < _MAILBOXES:
        return _UPGRADE, _UPGRADE
    return (
        f"app.conf.{_PREFETCH} = 16    (where tasks wait)",
        f"CELERY_{_PREFETCH.upper()} = 16    (where tasks wait)",
    )
