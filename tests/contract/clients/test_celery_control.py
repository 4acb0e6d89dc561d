"""Remote control of real Celery workers, through a real broker."""

from __future__ import annotations

import contextlib
import time
import traceback
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import celery
import kombu
import pytest
from demo_worker import advised_worker, after, demo_worker, only, send_work
from msgspec.structs import replace
from polling import until

from migrate.brokers.queues import mailbox, mailboxes
from migrate.brokers.report import BrokerUnreadable, HeldTask
from migrate.clients.broker import Brokers
from migrate.clients.celery_control import CeleryControl
from migrate.migration import READ, WRITE
from migrate.sandbox.ports import free_port
from migrate.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loopback_rabbitmq import Instance, LoopbackRabbitMQ

    from migrate.brokers.address import BrokerAddress
    from migrate.clients.rabbitmq import RabbitMQ

pytestmark = pytest.mark.contract
pytest_plugins = ("shared_rabbitmq",)

CANARY = "canary/of:the@broker %41"
CHILDREN = 4
"""Tasks that the demo's worker runs at once."""


@pytest.fixture
def instance(broker: LoopbackRabbitMQ) -> Instance:
    return broker.instance()


@pytest.fixture
def queues(broker: LoopbackRabbitMQ, instance: Instance) -> Iterator[RabbitMQ]:
    with broker.management(instance.address) as client:
        yield client


@pytest.fixture
def control(instance: Instance) -> Iterator[CeleryControl]:
    with contextlib.closing(CeleryControl(instance.address)) as control:
        yield control


@pytest.fixture
def worker(instance: Instance, tmp_path: Path) -> Iterator[None]:
    with demo_worker(tmp_path, instance.url):
        yield


@pytest.fixture(scope="module")
def idle(broker: LoopbackRabbitMQ, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance with a worker that nobody gives work to."""
    instance = broker.instance()
    with demo_worker(tmp_path_factory.mktemp("idle"), instance.url):
        yield instance


@pytest.fixture
def asking(idle: Instance) -> Iterator[CeleryControl]:
    """Remote control of the idle worker."""
    with contextlib.closing(CeleryControl(idle.address)) as control:
        yield control


def test_without_a_worker_the_report_is_empty(control: CeleryControl) -> None:
    assert control.report().nodes == ()


def test_an_idle_worker_says_who_it_is_and_what_it_takes_from(asking: CeleryControl) -> None:
    node = only(asking.report(1))

    assert node.name.startswith("worker.1-")
    assert node.queues == ("celery",)
    assert (node.active, node.reserved, node.held, node.accepted, node.idle) == ((), 0, (), 0, True)
    assert node.settings == {}


@pytest.mark.usefixtures("worker")
def test_running_tasks_have_their_start_and_those_behind_them_are_reserved(
    control: CeleryControl, instance: Instance
) -> None:
    ids = [f"long-{number}" for number in range(CHILDREN + 2)]
    began = time.time()
    send_work(instance.url, *ids, seconds=60)

    node = after(control, lambda node: len(node.active) == CHILDREN and node.reserved == 2)

    assert {task.id for task in node.active} < set(ids)
    assert {task.name for task in node.active} == {"demo.work"}
    assert {task.acknowledged for task in node.active} == {True}
    assert (node.pool, node.size) == ("prefork", CHILDREN)
    assert all(began <= (task.started or 0) <= time.time() for task in node.active)
    assert not node.idle


@pytest.mark.usefixtures("worker")
def test_a_task_that_is_not_due_yet_is_held_until_its_time(
    control: CeleryControl, instance: Instance, queues: RabbitMQ
) -> None:
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    send_work(instance.url, "tomorrow", eta=due.astimezone())

    node = after(control, lambda node: bool(node.held))

    assert node.held == (HeldTask("tomorrow", "demo.work", due),)
    assert node.idle
    (celery,) = [queue for queue in queues.queues().queues if queue.name == "celery"]
    assert (celery.ready, celery.unacknowledged) == (0, 1)


@pytest.mark.usefixtures("worker")
def test_accepted_moves_by_one_for_each_task(control: CeleryControl, instance: Instance, queues: RabbitMQ) -> None:
    counted = []
    for number in range(3):
        send_work(instance.url, f"short-{number}")
        until(lambda: not any(queue.messages for queue in queues.queues().queues))  # early ack: it was taken
        counted.append(after(control, lambda node: node.idle).accepted)

    assert counted == [1, 2, 3]
    assert set(control.report(1).accepted.values()) == {3}


def test_settings_come_when_asked_for_and_without_the_brokers_password(asking: CeleryControl, idle: Instance) -> None:
    settings = only(asking.report(1, settings=True)).settings

    assert settings["eager_outside_workers"] is True
    assert settings["task_always_eager"] is False
    assert idle.address.user in str(settings["broker_url"])
    assert idle.address.password.reveal() not in repr(settings)


def test_how_many_consume_is_asked_of_the_queue_itself(
    control: CeleryControl, instance: Instance, tmp_path: Path
) -> None:
    assert control.consumer_counts(["celery", "nowhere"]) == {"celery": 0, "nowhere": 0}
    with demo_worker(tmp_path, instance.url):
        assert control.consumer_counts(["nowhere", "celery"]) == {"nowhere": 0, "celery": 1}
        name = only(control.report(1)).name
        control.leave_word("cancel_consumer", name, "celery")
        until(lambda: control.consumer_counts(["celery"]) == {"celery": 0})


def test_an_exclusive_queue_of_somebody_else_is_left_out(control: CeleryControl, instance: Instance) -> None:
    with instance.channel() as channel:
        channel.queue_declare("mine", exclusive=True)
        assert control.consumer_counts(["mine", "nowhere"]) == {"nowhere": 0}


def test_a_worker_says_which_celery_it_runs(asking: CeleryControl) -> None:
    version = asking.celery_version(only(asking.report(1)).name)
    assert ".".join(map(str, version)) == celery.__version__


def test_all_workers_say_which_celery_and_kombu_they_run(asking: CeleryControl) -> None:
    (found,) = asking.software([only(asking.report(1)).name])
    assert found.celery == celery.VERSION[:3]
    assert found.kombu == tuple(kombu.VERSION[:3])
    assert asking.software([]) == ()


@pytest.mark.usefixtures("worker")
def test_a_cancelled_worker_takes_nothing_until_it_is_told_to_again(
    control: CeleryControl, instance: Instance, queues: RabbitMQ
) -> None:
    name = only(control.report(1)).name

    def ready() -> int:
        return sum(queue.ready for queue in queues.queues().queues if queue.name == "celery")

    control.cancel_consumer([name], "celery")
    send_work(instance.url, "left-alone")
    left = ready()
    cancelled = only(control.report(1))
    assert (left, ready()) == (1, 1)
    assert (cancelled.queues, cancelled.accepted) == ((), 0)

    control.add_consumer([name], "celery")
    resumed = after(control, lambda node: node.accepted == 1 and node.idle)
    assert resumed.queues == ("celery",)
    assert ready() == 0


def test_every_worker_is_in_the_report(asking: CeleryControl, idle: Instance, tmp_path: Path) -> None:
    with demo_worker(tmp_path, idle.url, "worker.2"):
        report = asking.report(2)
        names = asking.roll_call(2)

    assert [node.name.partition("-")[0] for node in report.nodes] == ["worker.1", "worker.2"]
    assert names == tuple(node.name for node in report.nodes)


def test_who_has_a_mailbox_is_waited_for_and_nobody_else(
    broker: LoopbackRabbitMQ, asking: CeleryControl, idle: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate.clients.celery_control._ROLL_CALL_SECONDS", 60.0)
    began = time.monotonic()

    with broker.management(idle.address) as client:
        boxes = mailboxes(client.inventory(client.queues()).queues)
    assert [mailbox(node.name) for node in asking.report(mailboxes=boxes).nodes] == list(boxes)
    assert time.monotonic() - began < 60


def test_a_worker_that_the_list_of_mailboxes_lacks_is_heard_all_the_same(
    asking: CeleryControl, idle: Instance, tmp_path: Path
) -> None:
    with demo_worker(tmp_path, idle.url):
        names = asking.roll_call(2)
        assert [node.name for node in asking.report(mailboxes=["celery@somewhere.celery.pidbox"]).nodes] == list(
            names
        )


def test_a_worker_that_does_not_exist_cannot_be_told_anything(
    control: CeleryControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate.clients.celery_control._ANSWER_SECONDS", 0.2)

    with pytest.raises(BrokerUnreadable, match="no answer to cancel_consumer from nobody@nowhere"):
        control.cancel_consumer(["nobody@nowhere"], "celery")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"password": Secret(CANARY)}, "ACCESS_REFUSED"),
        ({"vhost": "nowhere"}, "vhost nowhere not found"),
        ({"port": free_port()}, "ConnectionRefused"),
    ],
    ids=["password", "vhost", "port"],
)
def test_a_broker_that_lets_nobody_in_is_unreadable_and_says_why(
    instance: Instance, change: dict[str, object], reason: str
) -> None:
    address: BrokerAddress = replace(instance.address, **change)
    with (
        contextlib.closing(CeleryControl(address)) as control,
        pytest.raises(BrokerUnreadable, match=reason) as caught,
    ):
        control.report()

    texts = [*traceback.format_exception(caught.value), repr(control)]
    assert not [text for text in texts if address.password.reveal() in text]


def test_a_connection_limit_that_is_reached_is_said_in_the_servers_words(broker: LoopbackRabbitMQ) -> None:
    instance = broker.instance(max_connections=1)
    with contextlib.closing(CeleryControl(instance.address)) as control:
        with instance.channel(), pytest.raises(BrokerUnreadable, match=r"connection limit \(1\) is reached"):
            control.report()

        until(lambda: connects(control))


def connects(control: CeleryControl) -> bool:
    try:
        control.connect()
    except BrokerUnreadable:
        return False
    return True


def test_one_connection_is_enough_for_everything_and_is_given_back(broker: LoopbackRabbitMQ, tmp_path: Path) -> None:
    instance = broker.instance(max_connections=3)  # two of them are the worker's once it has answered
    with demo_worker(tmp_path, instance.url):
        first, second = CeleryControl(instance.address), CeleryControl(instance.address)
        with contextlib.closing(first), contextlib.closing(second):
            name = only(first.report(1)).name
            first.cancel_consumer([name], "celery")
            first.add_consumer([name], "celery")
            assert not connects(second)

            first.close()
            until(lambda: connects(second))


def test_a_broker_url_in_our_own_environment_does_not_matter(
    asking: CeleryControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL"):
        monkeypatch.setenv(name, f"amqp://nobody:nothing@127.0.0.1:{free_port()}//")

    assert only(asking.report(1)).queues == ("celery",)


def test_a_worker_that_reads_one_broker_and_publishes_to_another_is_asked_on_the_one_and_heard_on_the_other(
    broker: LoopbackRabbitMQ, tmp_path: Path
) -> None:
    old, new = broker.instance(), broker.instance()
    divided = {"CLOUDAMQP_URL": old.url, READ: old.url, WRITE: new.url}
    with demo_worker(tmp_path, old.url, **{READ: old.url, WRITE: new.url}):
        with contextlib.closing(CeleryControl(old.address)) as undivided:
            assert undivided.report(1).nodes == (), "it answers where nobody listens"
        with contextlib.closing(Brokers().open(divided, READ).control) as control:
            (node,) = control.report(1, settings=True).nodes
            control.cancel_consumer([node.name], "celery")
            (resting,) = control.report(1).nodes
            control.add_consumer([node.name], "celery")
            (back,) = control.report(1).nodes

    assert node.queues == back.queues == ("celery",)
    assert resting.queues == ()


def test_a_broker_that_was_opened_before_hears_its_workers_where_the_newest_variables_say(
    broker: LoopbackRabbitMQ, idle: Instance
) -> None:
    brokers, plain = Brokers(), {"CLOUDAMQP_URL": idle.url}
    divided = plain | {WRITE: broker.instance().url}
    with contextlib.closing(brokers.open(plain, "CLOUDAMQP_URL").control) as kept:
        assert len(kept.roll_call(1)) == 1
        brokers.open(divided, "CLOUDAMQP_URL")
        assert kept.roll_call(1) == (), "it answers where it was asked, which is not where it is heard"
        for undivided in ({}, {WRITE: ""}, {WRITE: "no broker"}, {WRITE: idle.url}):
            brokers.open(plain | undivided, "CLOUDAMQP_URL")
            assert len(kept.roll_call(1)) == 1


def test_that_the_broker_of_the_answers_is_down_is_unreadable_and_no_silence(idle: Instance) -> None:
    down = replace(idle.address, port=free_port(), vhost="gone")
    with (
        contextlib.closing(CeleryControl(idle.address, answered_at=lambda: down)) as control,
        pytest.raises(BrokerUnreadable, match="no AMQP connection"),
    ):
        control.roll_call()


def test_a_worker_with_the_settings_of_this_project_stays_on_the_queue_and_says_so_though_its_app_is_eager(
    broker: LoopbackRabbitMQ, tmp_path: Path
) -> None:
    instance = broker.instance()
    with (
        advised_worker(tmp_path, instance.url, CELERY_ALWAYS_EAGER="True"),
        contextlib.closing(CeleryControl(instance.address)) as control,
    ):
        (node,) = control.report(1, settings=True).nodes

    assert node.stays_out_of_eager_mode
    assert not node.is_eager
    assert node.setting("broker_pool_limit") == 1
