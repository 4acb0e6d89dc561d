"""How an app uses its broker, read from a Heroku and a broker in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.heroku import APP, FakeHeroku

from migrate.advice.reading import read_practice
from migrate.brokers.report import Unreadable, WorkerReport

if TYPE_CHECKING:
    from migrate.advice.practice import Practice

CANARY = "canary-cloudamqp-old-1"


def practice(heroku: FakeHeroku) -> Practice:
    fake: Any = heroku
    return read_practice(fake, fake, APP, heroku.add_ons(APP)[0])


def test_everything_is_read_and_nothing_written() -> None:
    heroku = FakeHeroku()

    found = practice(heroku)

    assert heroku.writes == []
    assert (found.app, found.plan, found.is_shared) == (APP, "cloudamqp:lemur", True)
    assert (found.connection_limit, found.queue_limit, found.version) == (20, 100, "3.13.7")
    assert [item.type for item in found.worker_commands] == ["worker"]
    assert [item.server for item in found.web_commands] == ["gunicorn"]
    assert found.web_concurrency is None


def test_no_secret_is_in_it() -> None:
    heroku = FakeHeroku()
    heroku.worker_settings = {"broker_url": f"amqps://u:{CANARY}@h/v", "SECRET_KEY": CANARY, "broker_pool_limit": 4}
    heroku.config["WEB_CONCURRENCY"] = CANARY

    found = practice(heroku)

    assert CANARY not in repr(found)
    assert isinstance(found.workers, WorkerReport)
    assert found.workers.nodes[0].settings == {
        "broker_url": "h/v",
        "broker_pool_limit": 4,
        "eager_outside_workers": True,
    }
    assert found.web_concurrency == Unreadable("it is no plain number")


def test_a_pasted_copy_is_named_without_its_secret() -> None:
    heroku = FakeHeroku()
    heroku.config["BROKER_URL"] = heroku.config["CLOUDAMQP_URL"]

    found = practice(heroku)

    assert not isinstance(found.copies, Unreadable)
    assert [item.variable for item in found.copies] == ["BROKER_URL"]
    assert CANARY not in repr(found)


@pytest.mark.parametrize("value", [None, "no url of a broker"])
def test_a_broker_that_cannot_be_found_makes_all_of_its_answers_unreadable(value: str | None) -> None:
    heroku = FakeHeroku()
    heroku.config.pop("CLOUDAMQP_URL")
    if value:
        heroku.config["CLOUDAMQP_URL"] = value

    found = practice(heroku)

    assert {
        type(part) for part in (found.workers, found.queues, found.clients, found.connection_limit, found.copies)
    } == {Unreadable}
    assert "CLOUDAMQP_URL" in repr(found.version)


def test_a_broker_that_does_not_answer_is_unknown_and_not_without_limits() -> None:
    heroku = FakeHeroku()
    heroku.broker_of("cloudamqp-old-1").gone = True

    found = practice(heroku)

    assert found.connection_limit == found.queue_limit == found.workers == Unreadable("the vhost is gone")
    assert found.worker_commands
