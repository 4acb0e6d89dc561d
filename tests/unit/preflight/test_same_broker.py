from __future__ import annotations

from fakes.broker_reports import a_node, workers
from fakes.facts import facts_with_broker, healthy_facts

from migrate.brokers.report import Inventory, Unreadable, WorkerReport
from migrate.preflight.finding import Severity
from migrate.preflight.same_broker import same_broker

ELSEWHERE = Inventory(frozenset({"celery", "celery@stranger.celery.pidbox"}))


def test_workers_whose_mailboxes_the_api_shows_are_on_its_broker() -> None:
    assert same_broker(healthy_facts()) is None


def test_an_api_that_shows_no_mailbox_of_a_worker_that_answers_is_that_of_another_broker() -> None:
    found = same_broker(facts_with_broker(inventory=ELSEWHERE))

    assert found is not None
    assert (found.code, found.severity) == ("OTHER_BROKER", Severity.REFUSE)


def test_one_worker_that_has_just_joined_proves_nothing() -> None:
    known = Inventory(frozenset({"celery@one.celery.pidbox"}))
    assert same_broker(facts_with_broker(inventory=known, workers=workers(a_node(), a_node("celery@two")))) is None


def test_without_an_answer_there_is_nothing_to_compare() -> None:
    assert same_broker(facts_with_broker(inventory=ELSEWHERE, workers=WorkerReport(()))) is None
    assert same_broker(facts_with_broker(inventory=ELSEWHERE, workers=Unreadable("no connection"))) is None
    assert same_broker(facts_with_broker(inventory=Unreadable("HTTP 500"))) is None
