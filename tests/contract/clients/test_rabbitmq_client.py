"""The management API as a real RabbitMQ speaks it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from celery import Celery
from demo_worker import demo_worker
from loopback_rabbitmq import Instance, LoopbackRabbitMQ, declare, publish
from msgspec.structs import replace
from polling import until

from migrate.brokers.queues import BY_RULE
from migrate.brokers.report import BrokerUnreadable, Consumer, Inventory
from migrate.clients import rabbitmq
from migrate.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migrate.brokers.report import QueueReport
    from migrate.clients.rabbitmq import RabbitMQ

pytestmark = pytest.mark.contract
pytest_plugins = ("shared_rabbitmq",)

CANARY = "canary/of:the@broker %41"


@pytest.fixture
def instance(broker: LoopbackRabbitMQ) -> Instance:
    return broker.instance()


@pytest.fixture
def client(broker: LoopbackRabbitMQ, instance: Instance) -> Iterator[RabbitMQ]:
    with broker.management(instance.address) as client:
        yield client


def counts(report: QueueReport) -> dict[str, tuple[int, int]]:
    return {queue.name: (queue.ready, queue.unacknowledged) for queue in report.queues}


def name_of(channel: Any) -> str:
    """Return what RabbitMQ calls the connection of a channel."""
    sock = channel.connection.transport.sock
    (host, port), (peer, peer_port) = sock.getsockname(), sock.getpeername()
    return f"{host}:{port} -> {peer}:{peer_port}"


def test_the_version_is_that_of_the_server(client: RabbitMQ) -> None:
    assert [int(part) for part in client.version().split(".")] >= [3, 8, 0]


def test_an_empty_vhost_has_no_queues(client: RabbitMQ) -> None:
    assert client.queues().queues == ()
    assert client.consumers() == ()


def test_messages_are_counted_at_once_after_their_publish(client: RabbitMQ, instance: Instance) -> None:
    with instance.channel() as channel:
        declare(channel, "celery")
        declare(channel, "empty")
        for round_number in range(1, 11):
            publish(channel, "celery", 20)

            report = client.queues()

            assert counts(report) == {"celery": (20 * round_number, 0), "empty": (0, 0)}
            assert report.live


def test_a_delivered_message_is_counted_until_it_is_acknowledged(client: RabbitMQ, instance: Instance) -> None:
    with instance.channel() as channel:
        declare(channel, "celery")
        publish(channel, "celery", 5)
        first, second = channel.basic_get("celery"), channel.basic_get("celery")
        held = client.queues()
        channel.basic_ack(first.delivery_tag)
        until(lambda: counts(client.queues()) == {"celery": (3, 1)})  # no reply says that an ack has arrived
        channel.basic_reject(second.delivery_tag, requeue=True)
        until(lambda: counts(client.queues()) == {"celery": (4, 0)})

    assert counts(held) == {"celery": (3, 2)}
    assert held.queues[0].messages == 5


def test_the_messages_of_a_closed_connection_are_ready_again(client: RabbitMQ, instance: Instance) -> None:
    with instance.channel() as channel:
        declare(channel, "celery")
        publish(channel, "celery", 2)
        channel.basic_get("celery")
        assert counts(client.queues()) == {"celery": (1, 1)}

    until(lambda: counts(client.queues()) == {"celery": (2, 0)})


def test_a_quorum_queue_says_that_it_is_one(client: RabbitMQ, instance: Instance) -> None:
    with instance.channel() as channel:
        declare(channel, "plain")
        declare(channel, "replicated", **{"x-queue-type": "quorum"})

        assert {queue.name: queue.type for queue in client.queues().queues} == {
            "plain": "classic",
            "replicated": "quorum",
        }


def test_a_queue_whose_process_has_crashed_is_left_out_of_the_counts_and_is_in_the_register(
    broker: LoopbackRabbitMQ, client: RabbitMQ, instance: Instance
) -> None:
    with instance.channel() as channel:
        declare(channel, "celery")
        declare(channel, "other")
        publish(channel, "celery", 5)
        broker.crash(instance, "celery")
        report = client.queues()

        assert counts(report) == {"other": (0, 0)}
        assert BY_RULE.uncounted(report, client.inventory(report)) == ("celery",)


def test_the_register_has_the_queues_that_are_counted_and_no_exchange_holds_anything_back(
    client: RabbitMQ, instance: Instance
) -> None:
    with instance.channel() as channel:
        declare(channel, "celery")
        declare(channel, "replicated", **{"x-queue-type": "quorum"})
        report = client.queues()

        assert client.inventory(report) == Inventory(frozenset({"celery", "replicated"}))


def test_pages_have_the_same_counts_as_the_whole(client: RabbitMQ, instance: Instance) -> None:
    with instance.channel() as channel:
        for number in range(7):
            declare(channel, f"q{number}")
            publish(channel, f"q{number}", number)
    whole = client.queues()
    with mock.patch.object(rabbitmq, "PAGE_SIZE", 3), mock.patch.object(rabbitmq, "_CUT_OFF", 7):
        in_pages = client.inventory(replace(whole, live=False))

    assert counts(whole) == {f"q{number}": (number, 0) for number in range(7)}
    assert in_pages.queues == whole.names


def test_dead_letter_queues_are_told_by_the_arguments_of_others(client: RabbitMQ, instance: Instance) -> None:
    with instance.channel() as channel:
        channel.exchange_declare("dead", "topic", durable=True, auto_delete=False)
        for queue in ("rejected", "expired", "plain"):
            declare(channel, queue)
        channel.queue_bind("rejected", "dead", "#")
        declare(channel, "celery", **{"x-dead-letter-exchange": "dead"})
        declare(channel, "mails", **{"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "expired"})
        declare(channel, "celery_delayed_1", **{"x-dead-letter-exchange": "nowhere"})

        assert client.dead_letter_queues(client.queues()) == {"rejected", "expired"}


def test_the_queues_of_a_real_celery_are_told_apart(client: RabbitMQ, instance: Instance, tmp_path: Path) -> None:
    with Celery(broker=instance.url, backend="rpc://") as app, demo_worker(tmp_path, instance.url):
        app.send_task("demo.work", args=["task-1", 0.0], task_id="task-1")
        with instance.channel() as channel:
            channel.queue_declare("", exclusive=True)
            declare(channel, "celery_delayed_3")
            kinds = Counter(BY_RULE.kind(queue).name for queue in client.queues().queues)

    # Two replies: that of the rpc backend, and the exclusive queue that the server has named.
    assert kinds == {"tasks": 1, "mailboxes": 1, "results": 2, "delayed tasks": 1}


def test_consumers_are_listed_with_their_queue_and_their_connection(client: RabbitMQ, instance: Instance) -> None:
    with instance.channel() as one, instance.channel() as other:
        for queue in ("celery", "slow"):
            declare(one, queue)
            one.basic_consume(queue)
        other.basic_consume("celery")
        until(lambda: len(client.consumers()) == 3)  # the list is some seconds late
        found = client.consumers()

        assert set(found) == {
            Consumer("celery", name_of(one)),
            Consumer("slow", name_of(one)),
            Consumer("celery", name_of(other)),
        }
    until(lambda: client.consumers() == ())


def test_vhost_and_password_may_need_percent_encoding(broker: LoopbackRabbitMQ) -> None:
    instance = broker.instance(encoded=True)
    assert "%2F" in instance.address.vhost_part
    with instance.channel() as channel, broker.management(instance.address) as client:
        declare(channel, "celery")
        publish(channel, "celery", 1)

        assert counts(client.queues()) == {"celery": (1, 0)}
        assert client.consumers() == ()


def test_another_vhosts_queues_are_not_shown(broker: LoopbackRabbitMQ, client: RabbitMQ) -> None:
    with broker.instance().channel() as channel:
        declare(channel, "theirs")

        assert client.queues().names == frozenset()


def test_a_wrong_password_is_said_to_be_a_401(broker: LoopbackRabbitMQ, instance: Instance) -> None:
    stranger = replace(instance.address, password=Secret(CANARY))
    with broker.management(stranger) as client:
        for read in (client.queues, client.consumers, client.version):
            with pytest.raises(BrokerUnreadable, match="401"):
                read()


def test_anothers_vhost_is_unreadable(broker: LoopbackRabbitMQ, instance: Instance) -> None:
    other = replace(broker.instance().address, vhost=instance.address.vhost)
    with broker.management(other) as client, pytest.raises(BrokerUnreadable, match="401"):
        client.queues()


def test_an_unknown_vhost_is_unreadable_and_not_empty(broker: LoopbackRabbitMQ, instance: Instance) -> None:
    with broker.management(replace(instance.address, vhost="nowhere")) as client:
        for read in (client.queues, client.consumers):
            with pytest.raises(BrokerUnreadable, match="404"):
                read()
