"""Celery's own is left to Celery; what nobody recognises is kept."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.topology import AUDIT, EVENTS, MADE, TO_AUDIT, TTL

from migrate.topology.beyond_celery import beyond_celery
from migrate.topology.shapes import Binding, Exchange, Queue, Topology

CONSUMED = ("celery",)


def exchange(name: str, kind: str = "direct", *, auto_delete: bool = False) -> Exchange:
    return Exchange(name, kind, durable=True, auto_delete=auto_delete, internal=False, arguments={})


def queue(name: str, **changes: Any) -> Queue:
    made: dict[str, Any] = {"durable": True, "auto_delete": False, "exclusive": False, "arguments": {}, **changes}
    return Queue(name, **made)


def binding(source: str, destination: str, key: str = "", to: str = "queue", **arguments: Any) -> Binding:
    return Binding(source, to, destination, key, arguments)


CELERYS = Topology(
    exchanges=(
        exchange(""),
        exchange("amq.topic", "topic"),
        exchange("celery"),
        exchange("celery.pidbox", "fanout"),
        exchange("reply.celery.pidbox"),
        exchange("celeryev", "topic"),
        exchange("celery_delayed_delivery", "topic"),
        exchange("celery_delayed_1", "topic"),
        exchange("celery_delayed_0", "topic"),
    ),
    queues=(
        queue("celery"),
        queue("celery@one.celery.pidbox", auto_delete=True, durable=False),
        queue("celeryev.0b3a9cf2", auto_delete=True),
        queue("0b3a9cf2-51a5-4f0e-8f5f-6a2b7c1d9e10", exclusive=True),
        queue("celery_delayed_1", arguments={"x-queue-type": "quorum"}),
    ),
    bindings=(
        binding("", "celery", "celery"),
        binding("celery", "celery", "celery"),
        binding("celery.pidbox", "celery@one.celery.pidbox"),
        binding("celeryev", "celeryev.0b3a9cf2", "#"),
        binding("celery_delayed_1", "celery_delayed_1", "1.#"),
        binding("celery_delayed_1", "celery_delayed_0", "0.#", "exchange"),
        binding("celery_delayed_0", "celery_delayed_delivery", "#", "exchange"),
        binding("celery_delayed_delivery", "celery", "#.celery"),
    ),
)


def joined(*parts: Topology) -> Topology:
    return Topology(
        exchanges=tuple(item for part in parts for item in part.exchanges),
        queues=tuple(item for part in parts for item in part.queues),
        bindings=tuple(item for part in parts for item in part.bindings),
        policies=tuple(item for part in parts for item in part.policies),
    )


def test_of_what_celery_makes_nothing_is_left() -> None:
    assert beyond_celery(CELERYS, CONSUMED).things == ()


def test_what_somebody_made_is_kept_as_it_was() -> None:
    assert beyond_celery(joined(CELERYS, MADE), CONSUMED).things == (TTL, EVENTS, AUDIT, TO_AUDIT)


def test_a_queue_that_nobody_consumes_is_kept_with_its_exchange() -> None:
    mine = Topology((exchange("letters"),), (queue("letters"),), (binding("letters", "letters", "letters"),))
    assert beyond_celery(joined(CELERYS, mine), CONSUMED).things == mine.things


@pytest.mark.parametrize(
    "lost",
    [
        queue("passing", durable=False),
        queue("reply", exclusive=True),
        queue("temporary", auto_delete=True),
        queue("amq.gen-abc"),
        queue("federation: events -> rabbit@host"),
    ],
)
def test_a_queue_that_does_not_outlive_its_reader_is_left_out_with_its_bindings(lost: Queue) -> None:
    found = Topology((EVENTS,), (lost,), (binding("events", lost.name, "#"),))
    assert beyond_celery(found, CONSUMED).things == (EVENTS,)


def test_an_exchange_that_goes_with_its_last_binding_is_left_out_with_its_bindings() -> None:
    passing = exchange("passing", auto_delete=True)
    found = Topology(
        (EVENTS, passing), (AUDIT,), (binding("passing", "audit"), binding("events", "passing", "", "exchange"))
    )
    assert beyond_celery(found, CONSUMED).things == (EVENTS, AUDIT)


def test_a_binding_of_a_task_queue_that_celery_does_not_make_is_kept_with_both_its_ends() -> None:
    more = binding("events", "celery", "order.paid")
    found = joined(CELERYS, Topology((EVENTS,), bindings=(more,)))

    assert beyond_celery(found, CONSUMED).things == (EVENTS, queue("celery"), more)


@pytest.mark.parametrize(
    "more",
    [binding("celery", "celery", "another"), binding("celery", "celery", "celery", **{"x-match": "all"})],
)
def test_a_further_binding_of_celerys_own_exchange_is_kept_with_both_its_ends(more: Binding) -> None:
    found = joined(CELERYS, Topology(bindings=(more,)))
    assert beyond_celery(found, CONSUMED).things == (exchange("celery"), queue("celery"), more)


def test_a_topic_exchange_of_tasks_is_celerys_own_where_delayed_tasks_come_to_it() -> None:
    tasks = Topology(
        exchanges=(exchange("tasks", "topic"), exchange("celery_delayed_delivery", "topic")),
        queues=(queue("celery"),),
        bindings=(
            binding("tasks", "celery", "quick"),
            binding("tasks", "celery", "#.quick"),
            binding("celery_delayed_delivery", "tasks", "#.quick", "exchange"),
        ),
    )
    more = Topology(
        queues=(AUDIT,), bindings=(binding("tasks", "audit", "quick"), binding("tasks", "celery", "slow"))
    )

    assert beyond_celery(tasks, CONSUMED).things == ()
    assert beyond_celery(joined(tasks, more), CONSUMED).things == (
        exchange("tasks", "topic"),
        queue("celery"),
        AUDIT,
        *more.bindings,
    )


def test_a_queue_that_listens_to_workers_events_is_kept_with_the_exchange_that_it_listens_to() -> None:
    listens = binding("celeryev", "audit", "task.#")
    found = joined(CELERYS, Topology(queues=(AUDIT,), bindings=(listens,)))
    assert beyond_celery(found, CONSUMED).things == (exchange("celeryev", "topic"), AUDIT, listens)


def test_a_binding_to_an_exchange_of_the_server_is_kept_and_the_exchange_is_not_made() -> None:
    given = binding("amq.topic", "audit", "order.*")
    found = joined(CELERYS, Topology(queues=(AUDIT,), bindings=(given,)))
    assert beyond_celery(found, CONSUMED).things == (AUDIT, given)


def test_an_exchange_of_a_task_queues_name_that_is_of_another_kind_is_kept() -> None:
    mine = Topology((exchange("celery", "fanout"),), (queue("celery"),), (binding("celery", "celery", "celery"),))
    assert beyond_celery(mine, CONSUMED).things == mine.things


def test_what_could_not_be_read_stays_known_as_such() -> None:
    found = beyond_celery(Topology(unread={"policies": "HTTP 401"}), CONSUMED)
    assert (found.things, found.unread) == ((), {"policies": "HTTP 401"})
