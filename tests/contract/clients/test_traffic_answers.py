"""Counters as another server gives them: LavinMQ has none of a vhost, and cuts a long list off without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from fakes.http_server import Answer, Asked, as_json, serving

from migrate.brokers.address import BrokerAddress
from migrate.brokers.report import BrokerUnreadable
from migrate.clients.rabbitmq import RabbitMQ
from migrate.secrets import Secret

if TYPE_CHECKING:
    from migrate.brokers.traffic import Traffic

pytestmark = pytest.mark.contract

ADDRESS: Final = BrokerAddress("amqp", "127.0.0.1", 5672, "someone", Secret("canary"), "vhost")
QUEUE: Final = {"name": "celery", "message_stats": {"publish": 7, "deliver_get": 5}}


def read(queues: list[dict[str, Any]] | None = None, **overview: Any) -> Traffic:
    answers = {
        "overview": as_json(overview),
        "vhosts": as_json([{"name": "vhost", "message_stats": {"publish": 9, "deliver_get": 8}}]),
        "exchanges": as_json([{"name": "", "message_stats": {"publish_in": 7}}]),
        "queues": as_json([QUEUE] if queues is None else queues),
    }

    def answer(asked: Asked) -> Answer:
        return answers[asked.target.split("/")[2].partition("?")[0]]

    with serving(answer) as server:
        client = RabbitMQ(ADDRESS, server.url)
        with client.session:
            return client.traffic()


def test_rabbitmq_has_counters_of_the_vhost() -> None:
    assert (read(rabbitmq_version="4.1.4").published, read(rabbitmq_version="4.1.4").delivered) == (9, 8)


def test_the_sums_that_lavinmq_makes_of_its_queues_are_not_taken_for_counters() -> None:
    assert (read(lavinmq_version="2.4.0").published, read(lavinmq_version="2.4.0").delivered) == (None, None)


def test_a_list_that_lavinmq_may_have_cut_off_is_unreadable() -> None:
    with pytest.raises(BrokerUnreadable, match="10,000 queues"):
        read([{"name": str(number)} for number in range(10_000)], lavinmq_version="2.4.0")


def test_a_broker_that_keeps_no_statistics_is_unreadable() -> None:
    with pytest.raises(BrokerUnreadable, match="no statistics"):
        read(rabbitmq_version="4.1.4", disable_stats=True)
