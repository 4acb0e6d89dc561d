from __future__ import annotations

from fakes.broker_reports import a_queue, queues
from fakes.facts import facts_with_broker, healthy_facts

from migrate.brokers.report import Consumer, Unreadable, WorkerReport
from migrate.preflight.finding import Severity
from migrate.preflight.workers_running import workers_running


def test_messages_that_somebody_consumes_are_no_finding() -> None:
    assert workers_running(facts_with_broker(queues=queues(a_queue(ready=500)))) is None


def test_an_empty_queue_without_a_consumer_is_no_finding() -> None:
    assert workers_running(facts_with_broker(queues=queues(a_queue("left-over")))) is None


def test_plumbing_without_a_consumer_is_no_finding() -> None:
    assert workers_running(facts_with_broker(queues=queues(a_queue("gone.celery.pidbox", ready=3)))) is None


def test_messages_that_nobody_consumes_are_refused_with_their_number() -> None:
    report = queues(a_queue("mails", ready=2, unacknowledged=1), a_queue(ready=5))
    found = workers_running(facts_with_broker(queues=report))

    assert found is not None
    assert (found.code, found.severity) == ("NO_CONSUMER", Severity.REFUSE)
    assert found.what == "Queues with messages and no consumer: mails (3)."


def test_messages_without_any_worker_are_refused() -> None:
    report = queues(a_queue(unacknowledged=1))
    assert workers_running(facts_with_broker(queues=report, consumers=(), workers=WorkerReport(()))) is not None


def test_a_worker_that_says_it_takes_from_the_queue_is_enough() -> None:
    assert workers_running(facts_with_broker(queues=queues(a_queue(ready=1)), consumers=())) is None


def test_a_consumer_of_another_queue_does_not_help() -> None:
    report = queues(a_queue("mails", ready=1))
    assert workers_running(facts_with_broker(queues=report, consumers=(Consumer("celery", "a"),))) is not None


def test_queues_that_cannot_be_read_are_another_checks_matter() -> None:
    assert workers_running(facts_with_broker(queues=Unreadable("HTTP 503"))) is None
    assert workers_running(healthy_facts()) is None
