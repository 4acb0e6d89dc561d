"""The checks about what the broker's queues hold, and what of it is given up."""

from __future__ import annotations

import pytest
from fakes.broker_reports import a_node, a_queue, queues, workers
from fakes.facts import facts_with_broker, healthy_facts

from migrate.brokers.queues import Sorting
from migrate.brokers.report import Consumer, Inventory, Unreadable
from migrate.preflight.counts_cached import counts_cached
from migrate.preflight.delayed_exchange import delayed_exchange
from migrate.preflight.finding import Severity
from migrate.preflight.ignored_in_use import ignored_in_use
from migrate.preflight.ignored_queues import ignored_queues
from migrate.preflight.queue_uncounted import queue_uncounted
from migrate.preflight.workers_running import workers_running

GIVING_UP = Sorting(ignored_patterns=("dead*", "celery"))


def test_a_queue_that_exists_and_is_not_counted_is_refused_by_name() -> None:
    found = queue_uncounted(facts_with_broker(inventory=Inventory(frozenset({"celery", "crashed"}))))

    assert found is not None
    assert (found.severity, "crashed" in found.what) == (Severity.REFUSE, True)


def test_a_queue_that_is_ignored_need_not_be_counted() -> None:
    register = Inventory(frozenset({"celery", "dead"}))
    assert queue_uncounted(facts_with_broker(inventory=register, sorting=GIVING_UP)) is None


@pytest.mark.parametrize("reading", ["queues", "inventory"])
def test_what_could_not_be_read_is_another_checks_matter(reading: str) -> None:
    facts = facts_with_broker(**{reading: Unreadable("HTTP 500")}, sorting=GIVING_UP)

    assert queue_uncounted(facts) is None
    assert delayed_exchange(facts) is None
    assert ignored_queues(facts) is None
    assert counts_cached(facts) is None


def test_cached_counts_are_said_with_the_window_that_they_cost() -> None:
    found = counts_cached(facts_with_broker(queues=queues(live=False), version="LavinMQ 2.4"))

    assert found is not None
    assert (found.severity, "LavinMQ 2.4" in found.what, "10 s" in found.why) == (Severity.WARN, True, True)


def test_an_exchange_that_delays_messages_is_asked_about_even_while_it_holds_none() -> None:
    register = Inventory(frozenset({"celery"}), {"later": 0})
    found = delayed_exchange(facts_with_broker(inventory=register))

    assert found is not None
    assert (found.severity, "later (0)" in found.what) == (Severity.ASK, True)
    assert delayed_exchange(healthy_facts()) is None


def test_what_is_given_up_is_said_with_numbers() -> None:
    holding = queues(a_queue("dead", ready=2), a_queue("deader", unacknowledged=3), a_queue("dead-empty"))
    found = ignored_queues(facts_with_broker(queues=holding, sorting=GIVING_UP))

    assert found is not None
    assert found.severity is Severity.WARN
    assert found.what == "Ignored queues hold 5 messages: dead (2), deader (3)."


def test_nothing_in_ignored_queues_is_nothing_to_say() -> None:
    assert ignored_queues(facts_with_broker(queues=queues(a_queue("dead")), sorting=GIVING_UP)) is None


def test_ignoring_a_queue_that_somebody_consumes_is_asked_about() -> None:
    told_by_a_worker = facts_with_broker(consumers=(), sorting=GIVING_UP)
    told_by_the_broker = facts_with_broker(
        consumers=(Consumer("dead", "1 -> 2"),), workers=workers(a_node(queues=())), sorting=GIVING_UP
    )

    for facts, name in ((told_by_a_worker, "celery"), (told_by_the_broker, "dead")):
        found = ignored_in_use(facts)
        assert found is not None
        assert (found.severity, name in found.what) == (Severity.ASK, True)


def test_ignoring_what_nobody_consumes_is_no_question() -> None:
    assert ignored_in_use(facts_with_broker(sorting=Sorting(ignored_patterns=("dead",)))) is None
    unknown = Unreadable("no connection")
    assert ignored_in_use(facts_with_broker(consumers=unknown, workers=unknown, sorting=GIVING_UP)) is None


def test_messages_without_a_consumer_are_no_hindrance_once_they_are_given_up() -> None:
    holding = queues(a_queue(), a_queue("dead", ready=2))

    assert workers_running(facts_with_broker(queues=holding)) is not None
    assert workers_running(facts_with_broker(queues=holding, sorting=Sorting((), ("dead",)))) is None


def test_dead_letters_are_said_to_be_such() -> None:
    holding = queues(a_queue(), a_queue("dead", ready=2))
    found = workers_running(facts_with_broker(queues=holding, dead_letters=frozenset({"dead"})))

    assert found is not None
    assert "dead letters to dead" in found.why
    assert "--ignore-queue dead" in found.do
