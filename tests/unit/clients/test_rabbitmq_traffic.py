"""The listings' counters: what is not counted yet is 0, what is no count is unreadable."""

from __future__ import annotations

from typing import Any

import pytest

from migrate.brokers.report import BrokerUnreadable
from migrate.brokers.traffic import Passed
from migrate.clients.rabbitmq_traffic import refuse_without_statistics, traffic


def test_what_was_never_counted_is_left_out_and_means_nothing_so_far() -> None:
    read = traffic({"name": "wolf"}, [{"name": ""}], [{"name": "celery", "message_stats": {"publish": 3}}])

    assert (read.published, read.delivered) == (0, 0)
    assert read.exchanges == {"": 0}
    assert read.queues == {"celery": Passed(3, 0)}


def test_without_a_vhost_that_counts_there_is_no_sum() -> None:
    assert traffic(None, [], []).published is None


@pytest.mark.parametrize(
    "item", [{}, {"name": "q", "message_stats": []}, {"name": "q", "message_stats": {"publish": "1"}}]
)
def test_another_shape_is_unreadable(item: dict[str, Any]) -> None:
    with pytest.raises(BrokerUnreadable):
        traffic(None, [], [item])


def test_a_broker_that_counts_nothing_is_not_taken_for_a_quiet_one() -> None:
    with pytest.raises(BrokerUnreadable, match="keeps no statistics"):
        refuse_without_statistics({"disable_stats": True})
