"""What a real RabbitMQ counts, and to whom it tells it: a user of a shared plan is no administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from amqp import Message
from loopback_rabbitmq import Instance, LoopbackRabbitMQ, declare, publish
from msgspec.structs import replace
from polling import until

from migrate.brokers.report import BrokerUnreadable
from migrate.brokers.statistics import OURS, BrokerTroubles, Client, VhostLimits
from migrate.brokers.traffic import Passed
from migrate.clients.celery_control import CeleryControl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.clients.rabbitmq import RabbitMQ

pytestmark = pytest.mark.contract
pytest_plugins = ("shared_rabbitmq",)


@pytest.fixture
def instance(broker: LoopbackRabbitMQ) -> Instance:
    return broker.instance(max_connections=7)


@pytest.fixture
def client(broker: LoopbackRabbitMQ, instance: Instance) -> Iterator[RabbitMQ]:
    with broker.management(instance.address) as client:
        yield client


NOBODY = Client(" -> ", "", None, 0, 0, 0)


def only(client: RabbitMQ) -> Client:
    """Return the one connection; nobody as long as it is not listed."""
    return next(iter(client.statistics().clients), NOBODY)


def test_what_was_published_is_counted_by_connection_and_by_the_queue_that_remembers_it(
    client: RabbitMQ, instance: Instance
) -> None:
    with instance.channel() as channel:
        declare(channel, "celery")
        publish(channel, "celery", 7)
        until(lambda: only(client).published == 7)
        until(lambda: client.statistics().queue("celery").published == 7)
        found = only(client)

        host, port = channel.connection.transport.sock.getsockname()
        assert found.peer == f"{host}:{port}"
        assert found.host == host
        assert found.software.startswith("py-amqp ")
        assert found.age is not None
        assert -2 < found.age < 60
        assert client.statistics().queue("unheard-of").published == 0
    until(lambda: client.statistics().clients == ())
    assert client.statistics().queue("celery").published == 7


def test_what_a_consumer_keeps_and_what_comes_back_is_counted(client: RabbitMQ, instance: Instance) -> None:
    with instance.channel() as channel:
        declare(channel, "celery")
        publish(channel, "celery", 2)
        channel.basic_consume("celery", callback=lambda _message: None)
        until(lambda: (only(client).consumers, only(client).unacknowledged) == (1, 2))
    with instance.channel() as channel:
        channel.basic_ack(channel.basic_get("celery").delivery_tag)

        until(lambda: client.statistics().queue("celery").acknowledged == 1)
        counted = client.statistics().queue("celery")
        assert (counted.delivered, counted.redelivered >= 1) == (3, True)


def test_our_own_connection_says_who_it_is(client: RabbitMQ, instance: Instance) -> None:
    control = CeleryControl(instance.address)
    control.connect()
    try:
        until(lambda: [item.software for item in client.statistics().clients] == [OURS])
    finally:
        control.close()


def test_a_healthy_broker_tells_its_limit_and_has_no_alarm(client: RabbitMQ) -> None:
    assert client.troubles() == BrokerTroubles(0, 7, ())


def test_a_broker_without_limits_has_none(broker: LoopbackRabbitMQ) -> None:
    with broker.management(broker.instance().address) as client:
        assert client.troubles().connection_limit is None
        assert client.limits() == VhostLimits(None, None)


def test_limits_are_read_by_themselves(client: RabbitMQ) -> None:
    assert client.limits().connections == 7


def test_what_may_not_be_read_is_unknown_and_no_zero(broker: LoopbackRabbitMQ, instance: Instance) -> None:
    other = broker.instance().address
    stranger = replace(instance.address, user=other.user, password=other.password)
    with broker.management(stranger) as client:
        assert client.troubles().connections is None
        with pytest.raises(BrokerUnreadable, match="401"):
            client.limits()
        with pytest.raises(BrokerUnreadable, match="401"):
            client.statistics()


def test_a_vhost_counts_publishes_once_and_deliveries_of_queues_that_are_gone(
    client: RabbitMQ, instance: Instance
) -> None:
    with instance.channel() as channel:
        declare(channel, "celery")
        channel.exchange_declare("celeryev", "topic", durable=True, auto_delete=False)
        for queue in ("celeryev.1", "celeryev.2"):
            channel.queue_declare(queue, auto_delete=False)
            channel.queue_bind(queue, "celeryev", routing_key="#")
        publish(channel, "celery", 2)
        publish(channel, "nowhere", 1)
        channel.basic_publish(Message("heartbeat"), exchange="celeryev", routing_key="worker.heartbeat")
        for queue in ("celery", "celeryev.1", "celeryev.2"):
            channel.basic_get(queue, no_ack=True)
        channel.queue_delete("celeryev.1")
        until(lambda: (client.traffic().published, client.traffic().delivered) == (4, 3))
        read = client.traffic()

    assert (read.exchanges[""], read.exchanges["celeryev"]) == (3, 1)
    assert read.queues == {"celery": Passed(2, 1), "celeryev.2": Passed(1, 1)}


def test_a_vhost_in_which_nothing_happened_has_counted_nothing(client: RabbitMQ) -> None:
    assert client.traffic().published == 0
    assert client.traffic().queues == {}


def test_what_goes_through_a_queue_a_second_is_known_within_seconds_and_not_known_of_one_that_never_had_any(
    client: RabbitMQ, instance: Instance
) -> None:
    with instance.channel() as channel:
        declare(channel, "celery")
        declare(channel, "untouched")

        def is_known() -> bool:
            publish(channel, "celery", 20)
            channel.basic_get("celery", no_ack=True)
            rates = client.rates()["celery"]
            return bool(rates.published and rates.delivered and rates.published > rates.delivered)

        until(is_known)
        assert client.rates()["untouched"].delivered is None
