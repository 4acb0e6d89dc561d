"""Tasks are carried from one real broker to another by way of the disk, whatever happens on the way."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import amqp
import certifi
import pytest
import requests
from fakes.carrying import identities, publish_tasks, task_message
from hard_messages import HARD
from msgspec.structs import replace
from tls_door import tls_door

from migrate.brokers.report import BrokerRefused, BrokerUnreadable
from migrate.carry.giving import give_queue
from migrate.carry.spool import Spool
from migrate.carry.taking import take_queue
from migrate.clients.message_mover import MessageMover
from migrate.clients.putting import Putting
from migrate.clients.taking import Taking
from migrate.errors import CarryInDoubt, CarryRefused, QueueConsumed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loopback_rabbitmq import Instance, LoopbackRabbitMQ

pytestmark = pytest.mark.contract
pytest_plugins = ("shared_rabbitmq",)

QUEUE = "celery"
QUORUM = {"x-queue-type": "quorum"}


class Stage:
    """An old and a new broker, and a spool between them."""

    def __init__(self, broker: LoopbackRabbitMQ, path: Path) -> None:
        self.broker = broker
        self.path = path
        self.old, self.new = broker.instance(), broker.instance()

    @contextmanager
    def spool(self) -> Iterator[Spool]:
        with closing(Spool(self.path, make={"migration": "mig-test00"})) as spool:
            yield spool

    def out(self, queue: str = QUEUE) -> int:
        with (
            self.broker.management(self.old.address) as api,
            closing(MessageMover(self.old.address)) as mover,
            self.spool() as spool,
        ):
            return take_queue(mover, spool, queue, api.shape(queue), lambda _count: None)

    def into(self, place: Instance | None = None, **options: Any) -> int:
        with closing(MessageMover((place or self.new).address)) as mover, self.spool() as spool:
            return sum(give_queue(mover, spool, item, lambda _count: None, **options) for item in spool.queues())

    def killed(self, half: str, point: str, number: int) -> None:
        place = self.old if half == "out" else self.new
        script = Path(__file__).with_name("half_of_a_carry.py")
        command = [sys.executable, str(script), half, str(self.path), self.broker.api_url, QUEUE, point, str(number)]
        done = subprocess.run(command, input=place.url, text=True, capture_output=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr

    def ready(self, place: Instance, queue: str = QUEUE) -> int:
        with closing(MessageMover(place.address)) as mover:
            depth = mover.depth(queue)
        return depth.ready if depth else 0

    def put(self, place: Instance, *messages: tuple[bytes, bytes], queue: str = QUEUE) -> None:
        with closing(MessageMover(place.address)) as mover, mover.putting() as putting:
            putting.fates(putting.put(queue, messages))

    def everything(self, place: Instance, queue: str = QUEUE) -> list[tuple[bytes, bytes]]:
        found = []
        with closing(MessageMover(place.address)) as mover, mover.polling(queue) as taking:
            while batch := taking.batch():
                found += [(message.properties, message.body) for message in batch]
        return found


@pytest.fixture
def stage(broker: LoopbackRabbitMQ, tmp_path: Path) -> Stage:
    return Stage(broker, tmp_path / "spool" / "mig-test00.sqlite3")


def test_every_hard_message_arrives_byte_for_byte_and_in_order(stage: Stage) -> None:
    publish_tasks(stage.old.address, QUEUE, 0)
    stage.put(stage.old, *HARD.values())

    assert stage.out() == len(HARD)
    assert stage.ready(stage.old) == 0
    assert stage.into() == len(HARD)

    arrived = stage.everything(stage.new)
    assert dict(zip(HARD, arrived, strict=True)) == HARD


def test_messages_pass_through_tls_as_they_are_and_through_no_other_certificate(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_tasks(stage.old.address, QUEUE, 0)
    with tls_door(stage.old.address.port, tmp_path / "authority.pem") as port:
        secure = replace(stage.old.address, scheme="amqps", port=port)
        with closing(MessageMover(secure)) as mover, pytest.raises(BrokerUnreadable, match="SSL"):
            mover.depth(QUEUE)
        monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "authority.pem"))
        with closing(MessageMover(secure)) as mover:
            with mover.putting() as putting:
                putting.fates(putting.put(QUEUE, list(HARD.values())))
            with mover.taking(QUEUE, exclusive=True) as taking:
                found = taking.batch()
                taking.acknowledge(found[-1].tag)

    assert [(message.properties, message.body) for message in found] == list(HARD.values())


def test_a_foreign_user_is_left_out_for_no_broker_takes_it(stage: Stage) -> None:
    publish_tasks(stage.old.address, QUEUE, 0)
    with stage.old.channel() as channel:
        message = amqp.Message(b"[]", user_id=stage.old.address.user, app_id="shop", application_headers={"id": "a"})
        channel.basic_publish(message, routing_key=QUEUE)

    stage.out()
    stage.into()

    expected = amqp.Message(b"", app_id="shop", application_headers={"id": "a"})._serialize_properties()
    assert stage.everything(stage.new) == [(expected, b"[]")]


@pytest.mark.parametrize(
    ("point", "number", "arguments"),
    [
        ("before-keep", 1, {}),
        ("after-keep", 1, {}),
        ("after-keep", 2, QUORUM),
        ("after-acknowledge", 2, {}),
    ],
)
def test_killed_while_it_takes_nothing_is_lost_or_doubled(
    stage: Stage, point: str, number: int, arguments: dict[str, str]
) -> None:
    names = publish_tasks(stage.old.address, QUEUE, 500, **arguments)

    stage.killed("out", point, number)
    stage.out()

    assert stage.ready(stage.old) == 0
    assert stage.into() == 500
    assert list(identities(stage.new.address, QUEUE)) == names


@pytest.mark.parametrize(
    ("point", "number", "arguments"),
    [("before-put", 1, {}), ("after-put", 1, {}), ("after-put", 3, QUORUM), ("after-confirms", 1, {})],
)
def test_killed_while_it_puts_nothing_is_lost_or_doubled(
    stage: Stage, point: str, number: int, arguments: dict[str, str]
) -> None:
    names = publish_tasks(stage.old.address, QUEUE, 700, **arguments)
    stage.out()

    stage.killed("in", point, number)
    stage.into()

    assert Counter(identities(stage.new.address, QUEUE)) == Counter(names)


def test_a_second_try_of_a_task_is_no_double_of_the_first(stage: Stage) -> None:
    publish_tasks(stage.old.address, QUEUE, 0)
    first = task_message("same")
    second = (first[0].replace(b"retriesI\0\0\0\0", b"retriesI\0\0\0\1"), first[1])
    assert second != first
    stage.put(stage.old, first, second)

    stage.killed("out", "after-keep", 1)
    stage.out()
    stage.into()

    assert stage.everything(stage.new) == [first, second]


def test_what_has_no_id_is_rather_doubled_than_lost(stage: Stage) -> None:
    publish_tasks(stage.old.address, QUEUE, 0)
    stage.put(stage.old, (b"\0\0", b"one"), (b"\0\0", b"one"))

    stage.killed("out", "after-keep", 1)
    stage.out()
    stage.into()

    assert stage.everything(stage.new) == [(b"\0\0", b"one")] * 4


def test_a_queue_is_made_again_as_it_was(stage: Stage) -> None:
    arguments = {
        "x-max-priority": 10,
        "x-message-ttl": 86_400_000,
        "x-dead-letter-exchange": "dead",
        "x-dead-letter-routing-key": "letters",
        "x-max-length": 5000,
    }
    publish_tasks(stage.old.address, QUEUE, 3, **arguments)
    with stage.old.channel() as channel:
        channel.exchange_declare("shop", "topic", durable=True, auto_delete=False)
        channel.queue_bind(QUEUE, "shop", "shop.#")

    stage.out()
    stage.into()

    with stage.broker.management(stage.old.address) as old, stage.broker.management(stage.new.address) as new:
        assert new.shape(QUEUE) == old.shape(QUEUE)
        assert new.shape(QUEUE).arguments == arguments
        assert [binding.exchange for binding in new.shape(QUEUE).bindings] == ["shop"]


def test_tasks_keep_their_priority(stage: Stage) -> None:
    publish_tasks(stage.old.address, QUEUE, 0, **{"x-max-priority": 10})
    low, high = ((name, task_message(name)) for name in ("low", "high"))
    marked = HARD["priority"]
    stage.put(stage.old, low[1], high[1], marked)

    stage.out()
    stage.into()

    assert stage.everything(stage.new) == [marked, low[1], high[1]]


@pytest.mark.parametrize("arguments", [{}, QUORUM], ids=["classic", "quorum"])
def test_a_queue_that_somebody_consumes_is_left_alone(stage: Stage, arguments: dict[str, str]) -> None:
    publish_tasks(stage.old.address, QUEUE, 3, **arguments)
    with stage.old.channel() as channel:
        channel.basic_qos(0, 1, a_global=False)
        channel.basic_consume(QUEUE, callback=id)
        with pytest.raises(QueueConsumed):
            stage.out()

    assert stage.ready(stage.old) == 3


def test_nobody_else_gets_at_a_queue_that_is_taken(stage: Stage) -> None:
    publish_tasks(stage.old.address, QUEUE, 1)

    with closing(MessageMover(stage.old.address)) as mover, mover.taking(QUEUE, exclusive=True) as taking:
        assert len(taking.batch()) == 1
        with (
            closing(MessageMover(stage.old.address)) as other,
            pytest.raises(BrokerRefused, match="exclusive"),
            other.taking(QUEUE, exclusive=False),
        ):
            pass

    assert stage.ready(stage.old) == 1


def test_an_auto_delete_queue_stays_with_all_that_is_not_taken_yet(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stage.old.channel() as channel:
        channel.queue_declare("replies", durable=True, auto_delete=True)
    stage.put(stage.old, *(task_message(str(number)) for number in range(5)), queue="replies")

    def broken(*_arguments: object) -> None:
        raise OSError("the cable")

    with monkeypatch.context() as patched, pytest.raises(Exception, match="no AMQP connection"):
        patched.setattr(Taking, "acknowledge", broken)
        stage.out("replies")

    assert stage.ready(stage.old, "replies") == 5
    assert stage.out("replies") == 0
    stage.into()
    assert len(stage.everything(stage.new, "replies")) == 5


def test_what_a_full_queue_refuses_stays_in_the_spool_until_there_is_room(stage: Stage) -> None:
    full = {"x-max-length": 2, "x-overflow": "reject-publish"}
    names = publish_tasks(stage.old.address, QUEUE, 5)
    with stage.new.channel() as channel:
        channel.queue_declare(QUEUE, durable=True, auto_delete=False, arguments=full)
    stage.out()

    with pytest.raises(CarryRefused, match="did not take 3 messages"):
        stage.into()
    arrived = list(identities(stage.new.address, QUEUE))
    with stage.new.channel() as channel:
        channel.queue_delete(QUEUE)

    assert stage.into() == 3
    assert Counter([*arrived, *identities(stage.new.address, QUEUE)]) == Counter(names)


def test_a_queue_that_goes_meanwhile_costs_no_message(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    names = publish_tasks(stage.old.address, QUEUE, 5)
    stage.out()
    put = Putting.put

    def deleted_first(self: Putting, queue: str, messages: Any) -> range:
        with stage.new.channel() as channel:
            channel.queue_delete(queue)
        return put(self, queue, messages)

    with monkeypatch.context() as patched, pytest.raises(CarryRefused, match="did not take 5 messages"):
        patched.setattr(Putting, "put", deleted_first)
        stage.into()

    assert stage.into() == 5
    assert list(identities(stage.new.address, QUEUE)) == names


def test_a_broker_that_allows_no_more_queues_says_so_and_the_tasks_stay(stage: Stage) -> None:
    publish_tasks(stage.old.address, QUEUE, 5)
    stage.out()
    node, vhost = stage.broker.node, stage.new.address.vhost_part
    limit = f"{node.api_url}/api/vhost-limits/{vhost}/max-queues"
    requests.put(limit, json={"value": 0}, auth=(node.admin, node.password), timeout=10).raise_for_status()

    with pytest.raises(CarryRefused, match="does not accept") as refused:
        stage.into()

    assert "queue limit" in refused.value.why
    requests.delete(limit, auth=(node.admin, node.password), timeout=10).raise_for_status()
    assert stage.into() == 5


def test_a_broker_at_its_connection_limit_says_so(broker: LoopbackRabbitMQ, stage: Stage) -> None:
    publish_tasks(stage.old.address, QUEUE, 1)
    stage.out()
    small = broker.instance(max_connections=1)

    with small.channel(), pytest.raises(CarryRefused) as refused:
        stage.into(small)

    assert "connection limit" in refused.value.why
    assert stage.into(small) == 1


def test_what_cannot_be_seen_to_have_arrived_is_named_and_not_guessed(stage: Stage) -> None:
    names = publish_tasks(stage.old.address, QUEUE, 5)
    stage.out()
    stage.killed("in", "after-put", 1)

    with stage.new.channel() as channel:
        channel.basic_qos(0, 1, a_global=False)
        channel.basic_consume(QUEUE, callback=id)
        with pytest.raises(CarryInDoubt, match="Whether 5 messages") as doubt:
            stage.into()
        assert names[0] in doubt.value.why
        assert stage.into(twice=True) == 5

    assert set(identities(stage.new.address, QUEUE)) == set(names)


def test_a_queue_with_more_than_may_be_held_is_not_looked_through(stage: Stage) -> None:
    publish_tasks(stage.old.address, QUEUE, 5)
    stage.out()
    stage.killed("in", "after-put", 1)
    publish_tasks(stage.new.address, QUEUE, 10)

    with pytest.raises(CarryInDoubt, match="too many to look at"):
        stage.into(look_at=9)
    assert stage.into(look_at=20) == 0
