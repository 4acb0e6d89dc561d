"""What went through between two readings: known, or unknown with its reason, and never less than nothing."""

from __future__ import annotations

from fakes.traffic import a_traffic

from migrate.advice.message_counts import BACK, GONE, counts
from migrate.brokers.queues import EVENTS, MAILBOX, TASKS
from migrate.brokers.report import Unreadable


def test_publishes_are_those_of_clients_and_deliveries_those_of_queues() -> None:
    before = a_traffic(10, 20, exchanges={"": 10}, celery=20)
    after = a_traffic(16, 29, exchanges={"": 16}, celery=29)

    counted = counts(before, after, 60.0)

    assert (counted.published, counted.delivered, counted.at_least, counted.unknown) == (6, 9, 15, "")
    assert [(row.name, row.messages) for row in (*counted.exchanges, *counted.queues)] == [("", 6), ("celery", 9)]
    assert counted.beyond == 0


def test_what_a_queue_delivered_before_it_went_with_its_worker_is_in_the_sum() -> None:
    before = a_traffic(0, 100, celeryev=100)
    after = a_traffic(0, 130)

    counted = counts(before, after, 60.0)

    (row,) = counted.queues
    assert (row.messages, row.why) == (None, GONE)
    assert (counted.delivered, counted.beyond) == (30, 30)


def test_a_queue_that_came_meanwhile_counts_from_its_first_message() -> None:
    counted = counts(a_traffic(0, 0), a_traffic(0, 7, celery=7), 60.0)

    assert [row.messages for row in counted.queues] == [7]


def test_a_queue_that_was_made_anew_is_unknown_while_the_sum_is_known() -> None:
    counted = counts(a_traffic(0, 50, celery=50), a_traffic(0, 53, celery=3), 60.0)

    (row,) = counted.queues
    assert (row.messages, row.why) == (None, BACK)
    assert counted.delivered == 3


def test_counters_of_a_broker_that_was_restarted_are_unknown_and_not_negative() -> None:
    counted = counts(a_traffic(500, 900, celery=900), a_traffic(5, 9, celery=9), 60.0)

    assert isinstance(counted.published, Unreadable)
    assert isinstance(counted.beyond, Unreadable)
    assert "restarted" in counted.unknown
    assert counted.at_least == 0


def test_where_only_queues_are_counted_they_are_summed_up_as_long_as_none_is_gone() -> None:
    before = a_traffic(None, None, exchanges={"celery": 3}, celery=5)

    whole = counts(before, a_traffic(None, None, exchanges={"celery": 4}, celery=7), 60.0)
    less = counts(before, a_traffic(None, None, exchanges={"celery": 4}), 60.0)

    assert (whole.published, whole.delivered, whole.at_least) == (1, 2, 3)
    assert less.delivered == Unreadable(f"celery: {GONE}")
    assert less.at_least == 1


def test_celerys_own_is_told_from_the_apps_by_exchange_and_queue() -> None:
    own = {"celeryev.aa": 4, "w1@shop.celery.pidbox": 2, "cc.reply.celery.pidbox": 1}
    exchanges = {"celeryev": 3, "celery.pidbox": 1, "reply.celery.pidbox": 1, "": 9}
    counted = counts(a_traffic(0, 0), a_traffic(14, 15, exchanges=exchanges, celery=8, **own), 60.0)

    assert counted.of_kind(EVENTS.name) == 3 + 4
    assert counted.of_kind(MAILBOX.name) == 1 + 1 + 2 + 1
    assert counted.of_kind(TASKS.name) == 9 + 8
