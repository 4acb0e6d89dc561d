"""How long it may take, from live numbers: about, and unknown where they do not say."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fakes.broker_reports import a_node, a_queue, queues, workers
from fakes.clock import FakeClock
from fakes.facts import facts_with_broker, healthy_facts
from msgspec.structs import replace

from migrate.brokers.report import HeldTask, Unreadable
from migrate.brokers.statistics import QueueRates
from migrate.outlook import outlook
from migrate.planning.estimate import estimate
from migrate.planning.found import depths, found

if TYPE_CHECKING:
    from migrate.facts import Facts

SETTLE = 5


def filled(messages: int, rates: Any, **changes: Any) -> Facts:
    return replace(facts_with_broker(queues=queues(a_queue(ready=messages)), rates=rates), **changes)


def test_an_empty_queue_waits_for_old_dynos_and_no_longer() -> None:
    known = estimate(healthy_facts())

    assert (known.drain_seconds, known.basis) == (30 + SETTLE, "the queues are empty now")
    assert known.eager_seconds == (outlook(healthy_facts()).eager_seconds or 0) + SETTLE


def test_with_preboot_old_dynos_publish_for_longer() -> None:
    known = estimate(healthy_facts(preboot=True))

    assert known.drain_seconds == 210 + SETTLE


def test_messages_take_as_long_as_they_are_taken_now() -> None:
    known = estimate(filled(3000, {"celery": QueueRates(1.0, 5.0)}))

    assert known.drain_seconds == 600 + SETTLE
    assert known.basis == "3000 messages, of which 5 a second are taken now"
    assert known.eager_seconds == (outlook(healthy_facts()).eager_seconds or 0) - 30 + 600 + SETTLE


def test_the_slowest_queue_counts_however_fast_the_others_are() -> None:
    broker = queues(a_queue("fast", 100), a_queue("slow", 100), a_queue("empty"))
    rates = {"fast": QueueRates(0, 100.0), "slow": QueueRates(0, 0.5), "empty": QueueRates(0, 0.0)}

    assert estimate(facts_with_broker(queues=broker, rates=rates)).drain_seconds == 200 + SETTLE


@pytest.mark.parametrize(
    ("rates", "why"),
    [
        ({"celery": QueueRates(5.0, 0.0)}, "nothing was taken from celery in the last seconds"),
        ({"celery": QueueRates(5.0, None)}, "does not say how fast celery is emptied"),
        ({}, "does not say how fast celery is emptied"),
        (Unreadable("HTTP 500"), "the rates could not be read (HTTP 500)"),
    ],
)
def test_where_the_rate_is_not_known_neither_is_the_time(rates: Any, why: str) -> None:
    known = estimate(filled(7, rates))

    assert (known.drain_seconds, known.eager_seconds) == (None, None)
    assert known.basis.startswith("not known: ")
    assert why in known.basis


def test_queues_that_could_not_be_read_are_not_taken_for_empty() -> None:
    facts = facts_with_broker(queues=Unreadable("HTTP 503"))

    assert estimate(facts).drain_seconds is None
    assert "HTTP 503" in estimate(facts).basis
    assert depths(facts.broker) == ()


def test_a_task_that_is_held_until_later_is_waited_for() -> None:
    now = FakeClock().now()
    node = a_node(held=(HeldTask("id", "shop.remind", now + timedelta(hours=1)),))
    report = replace(workers(node), at=now)

    assert estimate(facts_with_broker(workers=report)).drain_seconds == 3600 + SETTLE


def test_over_a_bridge_nothing_is_ever_eager_and_in_place_nothing_is_drained() -> None:
    assert estimate(healthy_facts(strategy="bridge")).eager_seconds is None
    assert estimate(healthy_facts(strategy="bridge")).drain_seconds == 30 + SETTLE
    in_place = estimate(healthy_facts(strategy="in-place"))
    assert (in_place.drain_seconds, in_place.eager_seconds, in_place.brokerless_seconds) == (None, None, 0)


def test_the_work_queues_with_most_messages_are_shown_with_what_goes_through_them() -> None:
    broker = queues(*(a_queue(f"q{n}", n) for n in range(30)), a_queue("w.celery.pidbox", 99))
    facts = facts_with_broker(queues=broker, rates={"q29": QueueRates(1.5, 2.5)})

    shown = depths(facts.broker)

    assert [depth.queue for depth in shown] == [f"q{n}" for n in range(29, 19, -1)]
    assert (shown[0].published_per_second, shown[0].delivered_per_second) == (1.5, 2.5)
    assert (shown[1].published_per_second, shown[1].delivered_per_second) == (None, None)


def test_what_was_found_is_told_and_what_could_not_be_read_is_unknown() -> None:
    told = {row.name: row.text for row in found(healthy_facts())}

    assert told["app"] == "shop, release v7 succeeded"
    assert told["dynos"] == "web=2 (Standard-1X), worker=1 (Standard-1X); each release restarts 3 dynos"
    assert told["add-on"] == "cloudamqp-round-12345 on cloudamqp:lemur (free), as CLOUDAMQP"
    assert told["broker"] == "stingray.rmq.cloudamqp.com/abcdefgh, RabbitMQ 4.3.1"
    assert told["workers"] == "1 of 1 answer, Celery 5.7.0; 0 tasks running"
    blind = facts_with_broker(label=Unreadable("no URL"), workers=Unreadable("no answer"))
    told = {row.name: row.text for row in found(blind)}
    assert (told["broker"], told["workers"]) == ("unknown: no URL", "unknown: no answer")
