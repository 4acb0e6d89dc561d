"""Which queues hold work, and which are Celery's own plumbing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from migrate.broker_report import QueueCount, QueueReport

# Worker mailboxes, replies to remote control, and the event streams of gossip and monitors. Everything else
# is work, celery_delayed_N (ETA tasks under quorum queues) included: a queue nobody recognises is not skipped.
# https://github.com/celery/kombu/blob/main/kombu/pidbox.py
_PLUMBING: Final = re.compile(r"^celeryev\.|\.celery\.pidbox$")


def is_plumbing(name: str) -> bool:
    """Given a queue's name, say whether Celery made it for itself and no task is ever in it."""
    return _PLUMBING.search(name) is not None


def work_queues(report: QueueReport) -> tuple[QueueCount, ...]:
    """Given a reading of a vhost, return the queues that must be empty before the vhost may go."""
    return tuple(queue for queue in report.queues if not is_plumbing(queue.name))
