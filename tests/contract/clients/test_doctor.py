"""Real workers that do nothing, and all, of what CloudAMQP recommends, and what the report says of them."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from demo_worker import shop_worker
from fakes.facts import ADD_ON
from loopback_rabbitmq import Instance, LoopbackRabbitMQ, declare, publish
from msgspec.structs import asdict, replace
from polling import until

from migrate.advice.reading import read_practice
from migrate.advice.row import Row, Verdict
from migrate.advice.rows import ROWS, rows
from migrate.brokers.report import Unreadable
from migrate.clients.broker import Brokers
from migrate.events import Advised
from migrate.listeners.doctor_text import lines
from migrate.platform import Attachment, Dyno, ProcessType
from migrate.secrets import _spellings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from migrate.advice.practice import Practice
    from migrate.platform import AddOn

pytestmark = pytest.mark.contract
pytest_plugins = ("shared_rabbitmq",)

HERE = Path(__file__).parent
CARELESS = "celery -A careless_shop worker -E -l INFO"
CAREFUL = "celery -A advised_shop worker -l INFO --without-gossip --without-mingle --without-heartbeat -c 1"
CANARY = "canary/of:the@app %41"


@dataclass(frozen=True)
class OneApp:
    """What Heroku says of an app with one add-on."""

    variables: Mapping[str, str]
    commands: Mapping[str, str]

    def config_vars(self, _app: str) -> dict[str, str]:
        return {**self.variables, "STRIPE_KEY": CANARY}

    def attachments_of(self, _add_on: str) -> tuple[Attachment, ...]:
        return (Attachment("id-1", "CLOUDAMQP", ADD_ON.name, "shop"),)

    def formation(self, _app: str) -> tuple[ProcessType, ...]:
        return tuple(ProcessType(name, 1, command) for name, command in self.commands.items())

    def dynos(self, _app: str) -> tuple[Dyno, ...]:
        return ()


@pytest.fixture(scope="module")
def careless(broker: LoopbackRabbitMQ, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance with a worker of an app that cares for nothing, and with what piles up there in time."""
    instance = broker.instance(encoded=True, max_connections=20, max_queues=40)
    with shop_worker(tmp_path_factory.mktemp("careless"), instance.url, CARELESS), instance.channel() as channel:
        for queue in ("celeryev.gone", "celery@gone.celery.pidbox"):
            declare(channel, queue)
            publish(channel, queue, 120)
        channel.queue_declare("0b7d7d3e-5f3b-3a53-8d8a-9f3f9d5ab0a1", auto_delete=True)
        publish(channel, "0b7d7d3e-5f3b-3a53-8d8a-9f3f9d5ab0a1", 120)
        yield instance


@pytest.fixture(scope="module")
def careless_practice(broker: LoopbackRabbitMQ, careless: Instance) -> Practice:
    """Its copy of the broker's address is in a variable that Celery's command line reads."""
    variables = {"CLOUDAMQP_URL": careless.url, "BROKER_URL": careless.url}
    return practice(broker, OneApp(variables, {"web": "gunicorn shop.wsgi -w 4 --threads 8", "worker": CARELESS}))


@pytest.fixture(scope="module")
def careful_practice(broker: LoopbackRabbitMQ, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    instance = broker.instance(max_connections=20)
    with shop_worker(tmp_path_factory.mktemp("careful"), instance.url, CAREFUL):
        app = OneApp({"CLOUDAMQP_URL": instance.url}, {"web": "gunicorn shop.wsgi -w 2", "worker": CAREFUL})
        yield practice(broker, app)


def practice(broker: LoopbackRabbitMQ, app: OneApp, add_on: AddOn = ADD_ON) -> Practice:
    heroku: Any = app
    found: list[Practice] = []

    def is_counted() -> bool:
        # A queue that was made a moment ago has no counts yet.
        found[:] = [read_practice(heroku, Brokers(broker.api_url), "shop", add_on)]
        return not isinstance(found[0].queues, Unreadable)

    until(is_counted)
    return found[0]


def worst(practice: Practice) -> dict[str, Row]:
    """The worst row of each code."""
    found: dict[str, Row] = {}
    for row in sorted(rows(practice), key=lambda row: list(Verdict).index(row.verdict)):
        found[row.code] = row
    return found


EXPECTED = {
    "BROKER_URL": (Verdict.WARNING, "set"),
    "BROKER_POOL_LIMIT": (Verdict.DANGER, "8"),
    "BROKER_HEARTBEAT": (Verdict.ADVICE, "30"),
    "BROKER_CONNECTION_TIMEOUT": (Verdict.ADVICE, "2"),
    "RESULT_BACKEND": (Verdict.DANGER, "rpc"),
    "WORKER_SEND_TASK_EVENTS": (Verdict.DANGER, "-E"),
    "EVENT_QUEUE_EXPIRES": (Verdict.WARNING, "86400"),
    "EAGER_SUPPORT": (Verdict.DANGER, "is eager"),
    "WITHOUT_GOSSIP": (Verdict.DANGER, "no --without-gossip"),
    "WITHOUT_MINGLE": (Verdict.ADVICE, "no --without-mingle"),
    "WITHOUT_HEARTBEAT": (Verdict.DANGER, "no --without-heartbeat"),
    "CONCURRENCY": (Verdict.DANGER, "no -c; workers that answer run"),
    "WEB_PROCESSES": (Verdict.DANGER, "up to 32 connections of 20"),
    "EVENT_QUEUES": (Verdict.WARNING, "120 messages"),
    "MAILBOXES": (Verdict.WARNING, "120 messages"),
    "RESULT_QUEUES": (Verdict.WARNING, "120 messages"),
    "QUEUE_LIMIT": (Verdict.WARNING, " of 40"),
    "QUEUE_TYPES": (Verdict.WARNING, "quorum: orders; 28 queues for delays"),
}
"""All that a worker can do wrong on the broker of these tests."""


@pytest.mark.parametrize("code", EXPECTED)
def test_a_real_worker_that_does_otherwise_is_found(careless_practice: Practice, code: str) -> None:
    verdict, found = EXPECTED[code]
    row = worst(careless_practice)[code]

    assert (row.verdict, found in row.found) == (verdict, True), row
    assert row.celery
    assert row.django


def test_every_row_is_proven_by_something_real() -> None:
    # The RabbitMQ of these tests refuses nothing that Celery wants; the next test but one has the position.
    assert {*EXPECTED, "OPTION_POSITION", "VERSIONS"} == set(ROWS)


def test_a_real_worker_that_does_as_recommended_has_nothing_to_change(careful_practice: Practice) -> None:
    bad = {row.code: row.found for row in rows(careful_practice) if row.verdict is not Verdict.OK}

    assert bad == {}
    assert careful_practice.connection_limit == 20


def test_celery_does_refuse_options_on_the_wrong_side_which_is_told(careless_practice: Practice) -> None:
    command = "celery -A advised_shop -c 1 worker"
    refused = subprocess.run([sys.executable, "-m", *command.split()], cwd=HERE, capture_output=True, check=False)
    changed = dataclasses.replace(careless_practice.worker_commands[0], misplaced=("-c",))
    commands = replace(careless_practice.commands, workers=(changed,))

    assert refused.returncode == 2
    assert worst(replace(careless_practice, commands=commands))["OPTION_POSITION"].verdict is Verdict.DANGER


def test_no_secret_is_in_the_report(careless_practice: Practice, careless: Instance) -> None:
    event = Advised("shop", ADD_ON.name, ADD_ON.plan, "app", rows(careless_practice))
    texts = (repr(careless_practice), "\n".join(lines(event)), json.dumps([asdict(row) for row in event.rows]))

    secrets = {*_spellings(careless.address.password.reveal()), *_spellings(CANARY), careless.url}
    assert not [text for text in texts if any(secret in text for secret in secrets)]
