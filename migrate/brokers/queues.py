"""Which queues hold work, and which do not; each kind with its reason.

A queue that nobody recognises is work: better a drain that does not end than a task that is lost.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migrate.brokers.report import Inventory, QueueCount, QueueReport


class Kind(Struct, frozen=True):
    """A kind of queue."""

    name: str
    work: bool
    """Whether it must be empty before the broker may go."""
    why: str


TASKS: Final = Kind("tasks", work=True, why="a queue that is nothing else holds tasks")
DELAYED: Final = Kind("delayed tasks", work=True, why="celery_delayed_N: tasks with an eta, under quorum queues")
STREAM: Final = Kind("stream", work=True, why="a stream keeps what was read, and is never empty by itself")
CHOSEN: Final = Kind("named by --queue", work=True, why="named by --queue")
# https://github.com/celery/kombu/blob/main/kombu/pidbox.py
MAILBOX: Final = Kind("mailboxes", work=False, why="remote control of workers, and replies to it")
EVENTS: Final = Kind("events", work=False, why="celeryev.*: what workers tell gossip and monitors")
# https://github.com/celery/celery/blob/main/celery/backends/rpc.py
REPLIES: Final = Kind("results", work=False, why="replies to one process, which alone can read them, until it ends")
IGNORED: Final = Kind("ignored", work=False, why="named by --ignore-queue; what is in it goes with the broker")

_NAMES: Final = (
    (re.compile(r"\.celery\.pidbox$"), MAILBOX),
    (re.compile(r"^celeryev\."), EVENTS),
)
# With a prefix of the app's own where it has one.
# https://github.com/celery/kombu/blob/main/kombu/transport/native_delayed_delivery.py
_DELAYED: Final = re.compile(r"(?:^|_)celery_delayed_(\d{1,2})$")
# What the rpc backend names its queue: an id of the process; the old amqp backend left the dashes out.
_ID: Final = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
_NAMED_BY_THE_SERVER: Final = "amq.gen-"


class Sorting(Struct, frozen=True):
    """How the queues of one migration are told apart: by rule, and by what the operator says."""

    work_patterns: tuple[str, ...] = ()
    """Names, or globs, of queues that are work whatever the rule says; they win over the next."""
    ignored_patterns: tuple[str, ...] = ()
    """The same of queues whose messages may be lost."""

    def kind(self, queue: QueueCount) -> Kind:
        """Given a queue, return its kind."""
        if found := self.kind_by_name(queue.name):
            return found
        # Gone with its connection or its last consumer, under a name that nobody can know beforehand: no task is
        # sent there. With a name that somebody has chosen, or one that outlives its reader, it may be a task queue.
        if _ID.fullmatch(queue.name) and (queue.exclusive or queue.auto_delete):
            return REPLIES
        if queue.name.startswith(_NAMED_BY_THE_SERVER) and queue.exclusive:
            return REPLIES
        return STREAM if queue.type == "stream" else TASKS

    def kind_by_name(self, name: str) -> Kind | None:
        """Given a queue's name alone, return its kind, or None where that takes more than the name."""
        if _matches(name, self.work_patterns):
            return CHOSEN
        if _matches(name, self.ignored_patterns):
            return IGNORED
        if delay_level(name) is not None:
            return DELAYED
        return next((kind for pattern, kind in _NAMES if pattern.search(name)), None)

    def is_work(self, name: str, report: QueueReport | None = None) -> bool:
        """Given a queue's name, and a reading in which it may be, say whether it holds work.

        A queue that is not in the reading is judged by its name, and is work where that says nothing.
        """
        if kind := self.kind_by_name(name):
            return kind.work
        found = next((queue for queue in report.queues if queue.name == name), None) if report else None
        return found is None or self.kind(found).work

    def work(self, report: QueueReport) -> tuple[QueueCount, ...]:
        """Given a reading of a vhost, return the queues that must be empty before the vhost may go."""
        return tuple(queue for queue in report.queues if self.kind(queue).work)

    def messages(self, report: QueueReport) -> int:
        """Given a reading of a vhost, return how many messages are in its work queues."""
        return sum(queue.messages for queue in self.work(report))

    def uncounted(self, report: QueueReport, inventory: Inventory) -> tuple[str, ...]:
        """Given a reading and the register read after it, return the work queues that have no counts, sorted.

        RabbitMQ leaves a queue whose process has crashed out of the totals, with all that is in it.
        """
        return tuple(sorted(name for name in inventory.queues - report.names if self.is_work(name)))

    def ignored(self, report: QueueReport) -> tuple[QueueCount, ...]:
        """Given a reading of a vhost, return the queues with messages that the operator gives up."""
        return tuple(queue for queue in report.queues if queue.messages and self.kind(queue) == IGNORED)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


BY_RULE: Final = Sorting()


def delay_level(queue: str) -> int | None:
    """Given a queue's name, return its level of Celery's delayed delivery, or None for any other queue."""
    found = _DELAYED.search(queue)
    return int(found[1]) if found else None


def mailbox(node: str) -> str:
    """Given a worker's name, return the queue that it must have on the broker through which it answered."""
    return f"{node}.celery.pidbox"


def mailboxes(queues: Iterable[str]) -> tuple[str, ...]:
    """Given names of queues, return those through which workers are asked; not those for what they answer."""
    return tuple(name for name in queues if name.endswith(mailbox("")) and not name.endswith(mailbox(".reply")))


def is_plumbing(name: str) -> bool:
    """Given a queue's name, say whether Celery made it for itself and no task is ever in it."""
    kind = BY_RULE.kind_by_name(name)
    return kind is not None and not kind.work
