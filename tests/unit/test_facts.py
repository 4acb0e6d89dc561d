from __future__ import annotations

import pytest
from fakes.broker_reports import a_node, a_queue, queues, workers
from fakes.facts import ADD_ON, WEB, WORKER, facts_with_broker, healthy_broker, healthy_facts
from msgspec.structs import replace

from migrate.brokers.report import Consumer, QueueCount, Unreadable, WorkerReport
from migrate.platform import Attachment, ProcessType

RELEASE = ProcessType("release", 1, "python manage.py migrate")


def attached(*names: str, app: str = "shop") -> tuple[Attachment, ...]:
    return tuple(Attachment(f"id-{name}", name, ADD_ON.name, app) for name in names)


def test_the_plain_name_of_the_service_comes_first_among_the_attachments() -> None:
    facts = healthy_facts(attachments=attached("ZEBRA", "CLOUDAMQP", "AMQP"))
    assert facts.own_attachments == ("CLOUDAMQP", "AMQP", "ZEBRA")


def test_attachments_of_other_apps_are_not_the_apps_own() -> None:
    facts = healthy_facts(attachments=attached("QUEUE") + attached("CLOUDAMQP", app="billing"))
    assert facts.own_attachments == ("QUEUE",)


def test_the_plans_are_looked_up_in_the_live_list() -> None:
    facts = healthy_facts()
    assert facts.current_plan is not None
    assert facts.target_plan is not None
    assert (facts.current_plan.slug, facts.target_plan.slug) == ("lemur", "bunny-1")


def test_a_plan_that_is_not_on_the_live_list_is_none() -> None:
    facts = healthy_facts(target="cloudamqp:bunny", add_on=replace(ADD_ON, plan="cloudamqp:rabbit"))
    assert (facts.current_plan, facts.target_plan) == (None, None)


def test_consumed_queues_are_work_queues_once_each_in_order() -> None:
    broker = healthy_broker(
        consumers=(
            Consumer("mails", "b"),
            Consumer("celery", "a"),
            Consumer("celery", "b"),
            Consumer("celery@one.celery.pidbox", "a"),
        )
    )
    assert broker.consumed_queues == ("celery", "mails")
    assert broker.consuming_connections == 2


def test_a_queue_that_a_worker_says_it_takes_from_counts_before_the_broker_lists_it() -> None:
    told = workers(a_node(queues=("mails", "celery@one.celery.pidbox")), a_node("celery@two", queues=("celery",)))
    broker = healthy_broker(consumers=(Consumer("orders", "a"),), workers=told)
    assert broker.consumed_queues == ("celery", "mails", "orders")
    assert broker.consuming_connections == 1


def test_who_waits_for_results_is_no_worker() -> None:
    reply = QueueCount("8f14e45f-ea0b-3f8b-9e4c-7f1d8e0c1b2a", 0, 0, auto_delete=True)
    consumers = (Consumer("celery", "a"), Consumer(reply.name, "b"))

    broker = healthy_broker(queues=queues(a_queue(), reply), consumers=consumers)
    assert (broker.consumed_queues, broker.consuming_connections) == (("celery",), 1)
    assert [queue.name for queue in broker.work] == ["celery"]


def test_consumers_of_plumbing_alone_are_no_workers() -> None:
    broker = healthy_broker(consumers=(Consumer("celeryev.1", "flower"),), workers=WorkerReport(()))
    assert (broker.consumed_queues, broker.consuming_connections) == ((), 0)


def test_consumers_and_workers_that_could_not_be_read_count_for_nothing() -> None:
    broker = healthy_broker(consumers=Unreadable("HTTP 500"), workers=Unreadable("no AMQP connection"))
    assert (broker.consumed_queues, broker.consuming_connections) == ((), 0)


@pytest.mark.parametrize(("dynos", "connections", "expected"), [(3, 1, 3), (1, 3, 3), (2, 2, 2), (0, 0, 0)])
def test_workers_are_expected_by_formation_or_broker_whichever_is_more(
    dynos: int, connections: int, expected: int
) -> None:
    consumers = tuple(Consumer("celery", f"connection-{number}") for number in range(connections))
    facts = replace(facts_with_broker(consumers=consumers), formation=(WEB, replace(WORKER, quantity=dynos)))
    assert facts.expected_workers == expected


def test_a_release_restarts_every_dyno_but_its_own_release_phase() -> None:
    facts = healthy_facts(formation=(WEB, WORKER, RELEASE))
    assert facts.restarted_dynos == 3


def test_a_release_phase_is_seen_in_the_formation() -> None:
    assert healthy_facts(formation=(WEB, RELEASE)).has_release_phase
    assert not healthy_facts().has_release_phase
