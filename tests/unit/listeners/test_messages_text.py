"""A message rate as people see it: the verdict first, and what is not known is called so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.traffic import a_traffic

from migrate.advice.message_counts import counts
from migrate.advice.message_rate import message_rate, quota_of
from migrate.events import MessagesCounted
from migrate.listeners.messages_text import lines

if TYPE_CHECKING:
    from migrate.brokers.traffic import Traffic

NOTHING = a_traffic(0, 0)
OWN = a_traffic(90, 60, exchanges={"celeryev": 60, "": 30}, celery=30, **{"celeryev.1": 30})


def shown(before: Traffic = NOTHING, after: Traffic = OWN, plan: str = "cloudamqp:lemur") -> list[str]:
    rate = message_rate(counts(before, after, 60.0), quota_of(plan))
    return list(lines(MessagesCounted("shop", "wolf", plan, rate)))


def test_the_verdict_comes_first_then_the_rate() -> None:
    verdict, rate, *_ = shown()

    assert verdict == (
        "OVER THE QUOTA: about 6,480,000 messages in 30 days at this rate; cloudamqp:lemur has 1,000,000."
    )
    assert rate == "Counted for 60 s: 1.50 published and 1.00 delivered a second."


def test_what_celery_tells_itself_is_set_apart_with_what_saves_it() -> None:
    (own,) = [line for line in shown() if line.startswith("Celery's own")]

    assert "events, 3,888,000 a month" in own
    assert "--without-gossip --without-heartbeat" in own


def test_each_exchange_and_queue_has_a_line_the_busiest_first() -> None:
    rows = [line for line in shown() if line.startswith(("published to", "delivered from"))]

    assert [row.split()[2] for row in rows] == ["celeryev", "the", "celery", "celeryev.1"]
    assert rows[0].split() == ["published", "to", "celeryev", "events", "1.00", "2,592,000"]


def test_a_plan_without_a_known_quota_and_a_queue_that_is_gone_are_unknown() -> None:
    text = "\n".join(shown(a_traffic(0, 8, celery=8), a_traffic(3, 9), "cloudamqp:bunny-1"))

    assert text.startswith("UNKNOWN: about ")
    assert "unknown (it is gone)" in text
    assert "from queues that are gone" in text


def test_counters_that_went_back_make_it_at_least() -> None:
    text = "\n".join(shown(a_traffic(0, 8, celery=8), a_traffic(3, 1, celery=1)))

    assert "at least" in text
    assert "unknown delivered a second" in text


def test_an_app_without_events_is_told_that_the_flags_save_nothing() -> None:
    assert "would save nothing" in "\n".join(shown(after=a_traffic(1, 1, exchanges={"": 1}, celery=1)))
