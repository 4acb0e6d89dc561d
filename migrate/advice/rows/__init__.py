"""The rows of the report: each looks at how the app uses its broker and says one or more things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.advice.rows.broker_connection_timeout import broker_connection_timeout
from migrate.advice.rows.broker_heartbeat import broker_heartbeat
from migrate.advice.rows.broker_pool_limit import broker_pool_limit
from migrate.advice.rows.broker_url import broker_url
from migrate.advice.rows.concurrency import concurrency
from migrate.advice.rows.eager_support import eager_support
from migrate.advice.rows.event_queue_expires import event_queue_expires
from migrate.advice.rows.event_queues import event_queues
from migrate.advice.rows.mailboxes import mailboxes
from migrate.advice.rows.option_position import option_position
from migrate.advice.rows.queue_limit import queue_limit
from migrate.advice.rows.queue_types import queue_types
from migrate.advice.rows.result_backend import result_backend
from migrate.advice.rows.result_queues import result_queues
from migrate.advice.rows.versions import versions
from migrate.advice.rows.web_processes import web_processes
from migrate.advice.rows.without_gossip import without_gossip
from migrate.advice.rows.without_heartbeat import without_heartbeat
from migrate.advice.rows.without_mingle import without_mingle
from migrate.advice.rows.worker_send_task_events import worker_send_task_events

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from migrate.advice.practice import Practice
    from migrate.advice.row import Row

OF_APP: Final[Mapping[str, Callable[[Practice], tuple[Row, ...]]]] = {
    "BROKER_URL": broker_url,
    "BROKER_POOL_LIMIT": broker_pool_limit,
    "BROKER_HEARTBEAT": broker_heartbeat,
    "BROKER_CONNECTION_TIMEOUT": broker_connection_timeout,
    "RESULT_BACKEND": result_backend,
    "WORKER_SEND_TASK_EVENTS": worker_send_task_events,
    "EVENT_QUEUE_EXPIRES": event_queue_expires,
    "EAGER_SUPPORT": eager_support,
    "WITHOUT_GOSSIP": without_gossip,
    "WITHOUT_MINGLE": without_mingle,
    "WITHOUT_HEARTBEAT": without_heartbeat,
    "CONCURRENCY": concurrency,
    "OPTION_POSITION": option_position,
    "WEB_PROCESSES": web_processes,
}
"""What a checkout shows as well; by the code of the rows that each makes, in the order in which they are shown."""
ROWS: Final[Mapping[str, Callable[[Practice], tuple[Row, ...]]]] = {
    **OF_APP,
    "EVENT_QUEUES": event_queues,
    "MAILBOXES": mailboxes,
    "RESULT_QUEUES": result_queues,
    "QUEUE_LIMIT": queue_limit,
    "QUEUE_TYPES": queue_types,
    "VERSIONS": versions,
}
"""All of them."""


def rows(practice: Practice) -> tuple[Row, ...]:
    """Given how an app uses its broker, return all rows that it can have."""
    wanted = OF_APP if practice.is_checkout else ROWS
    return tuple(row for make in wanted.values() for row in make(practice))
