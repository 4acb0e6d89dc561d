"""Celery tasks as they lie in a queue, put there and read back in numbers."""

from __future__ import annotations

import json
import uuid
from contextlib import closing
from typing import TYPE_CHECKING

import amqp

from migrate.brokers.report import QueueShape
from migrate.carry.message import task_of
from migrate.clients.message_mover import MessageMover

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.brokers.address import BrokerAddress

TASK = "shop.tasks.send_mail"


def task_message(identity: str, size: int = 1000) -> tuple[bytes, bytes]:
    """Return the property bytes and the body of a task as Celery 5 publishes it."""
    headers = {
        "lang": "py",
        "task": TASK,
        "id": identity,
        "shadow": None,
        "eta": None,
        "expires": None,
        "group": None,
        "group_index": None,
        "retries": 0,
        "timelimit": [None, None],
        "root_id": identity,
        "parent_id": None,
        "argsrepr": "()",
        "kwargsrepr": "{}",
        "origin": "gen1@web.1",
        "ignore_result": False,
    }
    message = amqp.Message(
        b"",
        content_type="application/json",
        content_encoding="utf-8",
        application_headers=headers,
        delivery_mode=2,
        priority=0,
        correlation_id=identity,
        reply_to=str(uuid.uuid4()),
    )
    properties: bytes = message._serialize_properties()
    around = len(json.dumps([[""], {}, {}]))
    return properties, json.dumps([["x" * (size - around)], {}, {}]).encode()


def publish_tasks(address: BrokerAddress, queue: str, count: int, **arguments: object) -> list[str]:
    """Make a durable queue and put tasks into it; return their ids."""
    names = [str(uuid.uuid4()) for _ in range(count)]
    with closing(MessageMover(address)) as mover:
        mover.declare(queue, QueueShape(durable=True, auto_delete=False, arguments=arguments))
        with mover.putting() as putting:
            for begin in range(0, count, 500):
                putting.fates(putting.put(queue, [task_message(name) for name in names[begin : begin + 500]]))
    return names


def identities(address: BrokerAddress, queue: str) -> Iterator[str]:
    """Yield the task ids in a queue, and leave it as it is."""
    with closing(MessageMover(address)) as mover:
        depth = mover.depth(queue)
        left = depth.ready if depth else 0
        with mover.looking(queue) as taking:
            while left > 0:
                batch = taking.batch()
                left -= len(batch)
                yield from (task_of(message.properties)[0] for message in batch)
