"""A month by what a minute cost, against the plan: over and within only where that is certain."""

from __future__ import annotations

import pytest
from fakes.traffic import a_traffic

from migrate.advice.message_counts import MessageCounts, counts
from migrate.advice.message_quota import refuse_excess
from migrate.advice.message_rate import MONTH, Quota, Standing, message_rate, quota_of
from migrate.errors import MessageQuotaExceeded, MessageQuotaUnproven

MILLION = Quota(1_000_000, "somebody")
LEMUR = "cloudamqp:lemur"


def counted(published: int, delivered: int, seconds: float = 60.0) -> MessageCounts:
    return counts(a_traffic(0, 0), a_traffic(published, delivered, celeryev=published), seconds)


def test_a_month_is_30_days_of_what_was_counted() -> None:
    rate = message_rate(counted(60, 120), MILLION)

    assert (rate.published, rate.delivered) == (1.0, 2.0)
    assert rate.a_month == 3 * MONTH


def test_counters_that_are_late_make_a_least_and_a_most() -> None:
    rate = message_rate(counted(7, 0), MILLION)

    assert rate.least_a_month == round(7 / 70 * MONTH)
    assert rate.most_a_month == round(7 / 50 * MONTH)


@pytest.mark.parametrize(
    ("messages", "standing"),
    [(0, Standing.WITHIN), (19, Standing.WITHIN), (20, Standing.CLOSE), (27, Standing.CLOSE), (28, Standing.OVER)],
)
def test_only_what_is_certain_is_within_or_over(messages: int, standing: Standing) -> None:
    assert message_rate(counted(messages, 0), MILLION).standing is standing


def test_the_longer_the_count_the_closer_it_tells() -> None:
    assert message_rate(counted(240, 0, 600.0), MILLION).standing is Standing.OVER


def test_what_could_not_be_counted_is_no_reason_to_say_within() -> None:
    some = counts(a_traffic(0, 9, celery=9), a_traffic(1, 2, celery=2), 60.0)
    many = counts(a_traffic(0, 9, celery=9), a_traffic(1_000, 2, celery=2), 60.0)

    rate = message_rate(some, MILLION)
    assert (rate.standing, rate.a_month, rate.most_a_month, rate.delivered) == (Standing.UNKNOWN, None, None, None)
    assert message_rate(many, MILLION).standing is Standing.OVER


def test_a_quota_is_that_of_the_plan_or_said_by_the_operator() -> None:
    assert quota_of(LEMUR).messages == 1_000_000
    assert quota_of(LEMUR, 5) == Quota(5, "--quota")
    assert quota_of("cloudamqp:bunny-1") == Quota(None, "")
    assert quota_of("cloudamqp:bunny-1", 0) == Quota(None, "--quota", is_metered=False)
    assert not quota_of("cloudamqp:squirrel-1").is_metered


def test_a_plan_of_which_nothing_is_known_is_unknown_and_one_without_a_quota_is_not() -> None:
    assert message_rate(counted(1, 1), quota_of("cloudamqp:bunny-1")).standing is Standing.UNKNOWN
    assert message_rate(counted(1, 1), quota_of("cloudamqp:squirrel-1")).standing is Standing.UNMETERED


@pytest.mark.parametrize("messages", [0, 19])
def test_enough_is_no_error(messages: int) -> None:
    refuse_excess(message_rate(counted(messages, 0), MILLION), LEMUR, "shop")


def test_too_many_by_what_celery_tells_itself_are_answered_with_the_flags() -> None:
    before = a_traffic(0, 0)
    own = message_rate(counts(before, a_traffic(60, 0, exchanges={"celeryev": 60}), 60.0), MILLION)
    tasks = message_rate(counts(before, a_traffic(60, 0, exchanges={"": 60}), 60.0), MILLION)

    with pytest.raises(MessageQuotaExceeded) as flags:
        refuse_excess(own, LEMUR, "shop")
    with pytest.raises(MessageQuotaExceeded) as plan:
        refuse_excess(tasks, LEMUR, "shop")

    assert "--without-gossip" in flags.value.next
    assert plan.value.next == "migrate-plan plans --app shop"


@pytest.mark.parametrize(
    ("messages", "plan", "next_"),
    [(20, LEMUR, "migrate-plan messages --app shop --seconds 600"), (1, "cloudamqp:bunny-1", "--quota N")],
)
def test_what_is_not_proven_is_refused_with_what_would_prove_it(messages: int, plan: str, next_: str) -> None:
    rate = message_rate(counted(messages, 0), quota_of(plan))

    with pytest.raises(MessageQuotaUnproven) as refused:
        refuse_excess(rate, plan, "shop")

    assert next_ in refused.value.next
