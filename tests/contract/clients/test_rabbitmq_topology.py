"""Exchanges, queues, bindings and policies of a real RabbitMQ, as a user of a shared plan may read and make them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import kombu
import pytest
import requests
from celery import Celery
from demo_worker import demo_worker
from fakes.http_server import Answer, Asked, as_html, as_json, serving
from fakes.topology import AUDIT, EVENTS, MADE, TO_AUDIT, TTL
from kombu.transport import native_delayed_delivery as delayed_delivery
from loopback_rabbitmq import Instance, LoopbackRabbitMQ, declare
from msgspec.structs import replace

from migrate.brokers.address import BrokerAddress
from migrate.brokers.report import BrokerRefused, BrokerUnreadable
from migrate.clients.rabbitmq_topology import RabbitMQTopology
from migrate.topology.beyond_celery import beyond_celery
from migrate.topology.copying import Copying
from migrate.topology.difference import difference
from migrate.topology.shapes import Binding, Exchange, Policy, Queue, Topology
from migrate.topology.words import describe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.contract
pytest_plugins = ("shared_rabbitmq",)

ELSEWHERE = BrokerAddress.from_url("amqp://shop:canary-of-the-broker@127.0.0.1/shop", "CLOUDAMQP_URL")


@pytest.fixture
def instance(broker: LoopbackRabbitMQ) -> Instance:
    """A user tagged management and policymaker, as on a shared plan."""
    return broker.instance(encoded=True, max_connections=20)


@pytest.fixture
def client(broker: LoopbackRabbitMQ, instance: Instance) -> Iterator[RabbitMQTopology]:
    with broker.management(instance.address) as management:
        yield RabbitMQTopology(instance.address, broker.api_url, management.session)


def make(client: RabbitMQTopology, topology: Topology) -> None:
    for thing in topology.things:
        client.make(thing)


def beyond(client: RabbitMQTopology) -> Topology:
    return beyond_celery(client.read(), ())


def test_an_empty_vhost_has_what_every_broker_has_and_the_limits_of_its_plan(client: RabbitMQTopology) -> None:
    found = client.read()

    assert "amq.topic" in {item.name for item in found.exchanges}
    assert (found.queues, found.bindings, found.policies, found.unread) == ((), (), (), {})
    assert found.limits["max-connections"] == 20
    assert beyond(client).things == ()


def test_what_was_made_by_amqp_is_read_as_it_was_made(client: RabbitMQTopology, instance: Instance) -> None:
    with instance.channel() as channel:
        channel.exchange_declare("events", "topic", durable=True, auto_delete=False)
        declare(channel, "audit", **{"x-max-length": 1000})
        channel.queue_bind("audit", "events", "order.*")
        found = beyond(client)

    assert found.things == (EVENTS, AUDIT, TO_AUDIT)


def test_what_is_made_is_there_as_it_was_elsewhere(client: RabbitMQTopology) -> None:
    make(client, MADE)

    assert beyond(client).things == MADE.things
    assert difference(MADE, client.read()) == difference(Topology(), Topology())


def test_names_and_keys_of_any_kind_come_through(client: RabbitMQTopology) -> None:
    odd = Exchange("a/b %41 ü#?", "headers", durable=False, auto_delete=False, internal=True, arguments={})
    inner = replace(EVENTS, name="inner", kind="fanout", arguments={"alternate-exchange": "x"})
    queue = Queue("q/ 1", durable=True, auto_delete=False, exclusive=False, arguments={"x-queue-type": "quorum"})
    bindings = (
        Binding(odd.name, "queue", queue.name, "", {"x-match": "any", "kind": "paid", "count": 3}),
        Binding("inner", "exchange", odd.name, "#/key", {}),
    )
    policy = Policy("p/ü", "^q/", "all", 7, {"max-length": 5, "overflow": "reject-publish"})
    made = Topology((odd, inner), (queue,), bindings, (policy,))

    make(client, made)

    found = beyond(client)
    assert len(found) == len(made)
    assert all(thing in made.things for thing in found.things)


def test_what_is_made_twice_is_there_once(client: RabbitMQTopology) -> None:
    make(client, MADE)
    make(client, MADE)

    assert beyond(client).things == MADE.things


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (replace(AUDIT, arguments={"x-max-length": 5}), "inequivalent arg 'x-max-length'"),
        (replace(EVENTS, kind="fanout"), "inequivalent arg 'type'"),
        (replace(EVENTS, name="later", kind="x-delayed-message"), "unknown exchange type"),
        (replace(TTL, definition={"no-such-key": 1}), "not recognised"),
        (replace(TO_AUDIT, destination="missing"), "HTTP 404"),
    ],
)
def test_what_is_refused_is_told_in_the_brokers_words_and_changes_nothing(
    client: RabbitMQTopology, thing: Any, words: str
) -> None:
    make(client, MADE)

    with pytest.raises(BrokerRefused, match=words):
        client.make(thing)

    assert beyond(client).things == MADE.things


def test_the_limit_of_a_plan_is_told_in_the_brokers_words(
    broker: LoopbackRabbitMQ, client: RabbitMQTopology, instance: Instance
) -> None:
    vhost = instance.address.vhost_part
    url = f"{broker.api_url}/api/vhost-limits/{vhost}/max-queues"
    requests.put(url, json={"value": 0}, headers=broker.node.admin_headers, timeout=30).raise_for_status()

    with pytest.raises(BrokerRefused, match="queue limit"):
        client.make(AUDIT)
    assert client.read().limits["max-queues"] == 0


def test_a_user_who_may_not_set_policies_is_told_so_and_reads_all(
    broker: LoopbackRabbitMQ, client: RabbitMQTopology, instance: Instance
) -> None:
    make(client, MADE)
    user = f"{broker.api_url}/api/users/{quote(instance.address.user, safe='')}"
    plain = {"password": instance.address.password.reveal(), "tags": "management"}
    requests.put(user, json=plain, headers=broker.node.admin_headers, timeout=30).raise_for_status()

    assert beyond(client).things == (TTL, EVENTS, AUDIT, TO_AUDIT)
    with pytest.raises(BrokerRefused, match="HTTP 401"):
        client.make(TTL)


def test_all_that_a_real_worker_makes_is_known_as_celerys_own(
    client: RabbitMQTopology, instance: Instance, tmp_path: Path
) -> None:
    with demo_worker(tmp_path, instance.url):
        with Celery(broker=instance.url, backend="rpc://") as app:
            app.send_task("demo.work", args=["one", 0.0])
        found = client.read()

    assert {"celery", "celery.pidbox"} <= {item.name for item in found.exchanges}
    assert beyond_celery(found, ("celery",)).things == ()


def test_delayed_delivery_makes_nothing_that_is_not_known_as_celerys_own(
    client: RabbitMQTopology, instance: Instance
) -> None:
    untyped: Any = kombu
    tasks = untyped.Queue("celery", untyped.Exchange("celery", type="topic"), "celery")
    with untyped.Connection(instance.url) as connection:
        tasks(connection).declare()
        delayed_delivery.declare_native_delayed_delivery_exchanges_and_queues(connection, "classic")
        delayed_delivery.bind_queue_to_native_delayed_delivery_exchange(connection, tasks)
        found = client.read()

    assert len(found.bindings) > 50
    assert beyond_celery(found, ("celery",)).things == ()


def test_one_vhost_becomes_like_another_and_what_is_there_stays(
    broker: LoopbackRabbitMQ, client: RabbitMQTopology
) -> None:
    make(client, MADE)
    other = broker.instance()
    with broker.management(other.address) as management:
        there = RabbitMQTopology(other.address, broker.api_url, management.session)
        there.make(replace(AUDIT, arguments={"x-max-length": 5}))
        to: Any = SimpleNamespace(rabbitmq=management, topology=there)
        copying = Copying(lambda: to, beyond(client))

        assert copying.look() is True
        assert copying.look() is True

        assert set(copying.made) == {describe(thing) for thing in MADE.things if thing != AUDIT}
        assert copying.conflicts == ("queue audit is there already, with x-max-length 5 instead of 1000",)
        assert copying.refused == {}
        assert len(beyond(there)) == len(MADE)


LISTED: dict[str, list[dict[str, Any]]] = {
    "exchanges": [{"name": "events", "type": "topic", "durable": True, "auto_delete": False, "arguments": {}}],
    "queues": [{"name": "audit", "durable": True, "auto_delete": False, "arguments": {}}],
    "bindings": [
        {"source": "events", "destination_type": "queue", "destination": "audit", "routing_key": "", "arguments": {}}
    ],
    "policies": [{"name": "ttl", "pattern": "", "apply-to": "all", "priority": 0, "definition": {}}],
}


def read_from(changed: dict[str, Answer]) -> Topology:
    """Return what the client makes of a server that answers as always, but for some listings."""

    def answer(asked: Asked) -> Answer:
        kind = asked.target.split("/")[2]
        return changed.get(kind) or as_json(LISTED.get(kind, []))

    with serving(answer) as server, requests.Session() as session:
        return RabbitMQTopology(ELSEWHERE, server.url, session).read()


def test_a_server_without_some_of_the_listings_is_read_for_the_rest() -> None:
    missing = {"operator-policies": as_json({}, 404), "vhost-limits": as_json({}, 403), "policies": as_json({}, 401)}
    found = read_from(missing)

    assert len(found) == 3
    assert found.unread == {"operator policies": "HTTP 404", "limits": "HTTP 403", "policies": "HTTP 401"}


@pytest.mark.parametrize("kind", LISTED)
@pytest.mark.parametrize("missing", ["name", "durable", "arguments", "source", "definition", "priority"])
def test_a_thing_without_a_field_is_unreadable_and_never_made_up(kind: str, missing: str) -> None:
    (item,) = LISTED[kind]
    if missing in item:
        without = {key: value for key, value in item.items() if key != missing}
        with pytest.raises(BrokerUnreadable, match=f"{kind} of an unknown shape"):
            read_from({kind: as_json([without])})


@pytest.mark.parametrize(
    "answer", [as_html("Log in"), as_json({}, 500), as_json({"error": "no"}), as_json({}, 401), Answer(b"[")]
)
def test_an_answer_that_is_none_is_unreadable(answer: Answer) -> None:
    with pytest.raises(BrokerUnreadable):
        read_from({"queues": answer})


@pytest.mark.parametrize("status", [500, 503, 302])
def test_a_server_in_trouble_is_asked_again_and_not_believed(status: int) -> None:
    with serving(as_json({}, status)) as server, requests.Session() as session:
        client = RabbitMQTopology(ELSEWHERE, server.url, session)
        with pytest.raises(BrokerUnreadable, match=str(status)):
            client.make(AUDIT)


def test_so_many_bindings_that_some_may_be_cut_off_are_named_as_unread() -> None:
    found = read_from({"bindings": as_json([LISTED["bindings"][0]] * 10_000)})
    assert "bindings" in found.unread
