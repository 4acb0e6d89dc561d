from __future__ import annotations

from fakes.broker_reports import a_node, a_queue, queues, workers
from fakes.facts import WEB, WORKER, facts_with_broker, healthy_broker, healthy_facts
from msgspec.structs import replace

from migrate.brokers.report import Consumer, Unreadable, WorkerReport
from migrate.preflight.finding import Severity
from migrate.preflight.workers_answer import workers_answer
from migrate.preflight.workers_heard import workers_heard


def test_workers_that_all_answer_are_no_finding() -> None:
    assert workers_answer(healthy_facts()) is None


def test_more_answers_than_expected_are_no_finding() -> None:
    assert workers_answer(facts_with_broker(workers=workers(a_node("a"), a_node("b")))) is None


def test_a_worker_of_the_formation_that_is_silent_is_asked_about() -> None:
    found = workers_answer(healthy_facts(formation=(WEB, replace(WORKER, quantity=3))))

    assert found is not None
    assert (found.code, found.severity) == ("WORKERS_SILENT", Severity.ASK)
    assert found.what.startswith("1 of 3 Celery workers answer")


def test_a_worker_that_only_the_broker_knows_of_is_asked_about() -> None:
    consumers = (Consumer("celery", "a"), Consumer("celery", "b"))
    found = workers_answer(facts_with_broker(consumers=consumers))

    assert found is not None
    assert found.what.startswith("1 of 2 ")


def test_workers_that_cannot_be_asked_count_as_silent_with_the_reason() -> None:
    found = workers_answer(facts_with_broker(workers=Unreadable("no AMQP connection")))

    assert found is not None
    assert found.what.startswith("0 of 1 ")
    assert "(no AMQP connection)" in found.what


def test_what_is_at_stake_is_said() -> None:
    quantity = replace(WORKER, quantity=3)
    broker = healthy_broker(queues=queues(a_queue(unacknowledged=5)))
    found = workers_answer(healthy_facts(formation=(WEB, quantity), broker=broker))

    assert found is not None
    assert "Unacknowledged messages (5 now) go back" in found.why


def test_a_silent_worker_that_has_a_mailbox_is_waited_for_and_not_asked_about() -> None:
    consumers = (
        Consumer("celery@one.celery.pidbox", "a"),
        Consumer("celery", "a"),
        Consumer("celery@solo.celery.pidbox", "b"),
        Consumer("mails", "b"),
    )
    facts = facts_with_broker(consumers=consumers)
    found = workers_heard(facts)

    assert workers_answer(facts) is None
    assert found is not None
    assert (found.code, found.severity) == ("WORKERS_UNHEARD", Severity.WARN)
    assert "celery@solo (mails)" in found.what


def test_workers_that_could_not_be_asked_at_all_are_not_waited_for() -> None:
    facts = facts_with_broker(
        consumers=(Consumer("celery@one.celery.pidbox", "a"), Consumer("celery", "a")),
        workers=Unreadable("no AMQP connection"),
    )
    assert workers_heard(facts) is None
    assert workers_answer(facts) is not None


def test_an_app_without_workers_is_no_finding() -> None:
    facts = facts_with_broker(consumers=(), workers=WorkerReport(()))
    assert workers_answer(replace(facts, formation=(WEB,))) is None
