"""The broker that carries a fleet: its URL, which holds a password, is in no words of ours or of Celery's."""

from __future__ import annotations

import traceback

import pytest

from migrate.errors import FleetBrokerUnusable
from migrate.fleet.celery_app import QUEUE, Carrier
from migrate.secrets import Secret


@pytest.mark.parametrize(
    "url",
    [
        "amqp://keeper:canary%2Fsecret@127.0.0.1:1/fleet",
        "amqp://keeper:canary%2Fsecret@127.0.0.1:port/fleet",
        "nothing://keeper:canary%2Fsecret@127.0.0.1:1/fleet",
    ],
)
def test_a_broker_that_does_not_answer_is_said_without_its_url(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", "memory://")

    with pytest.raises(FleetBrokerUnusable) as raised:
        Carrier(Secret(url)).prove()

    told = "".join(traceback.format_exception(raised.value))
    assert "canary" not in told
    assert "keeper" not in f"{raised.value.what}{raised.value.why}{raised.value.next}"


def test_what_is_sent_names_fleet_and_app_and_is_acknowledged_when_the_work_is_over() -> None:
    app = Carrier(Secret("memory://"))._app

    assert (app.conf.task_acks_late, app.conf.task_reject_on_worker_lost) == (True, True)
    assert app.conf.worker_prefetch_multiplier == 1
    (queue,) = app.conf.task_queues
    assert (queue.name, queue.durable) == (QUEUE, True)
    assert queue.queue_arguments["x-consumer-timeout"] > 24 * 3600 * 1000
