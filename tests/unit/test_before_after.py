"""What is told of app and broker before and after a migration, so that somebody may compare."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine, kill_after

from migrate.before_after import differences
from migrate.brokers.statistics import OURS, BrokerStatistics, Client, QueueCounters
from migrate.errors import HerokuUnreachable
from migrate.events import AppSeen, BrokerCounted, DynosRunning, Event, ReleaseLive
from migrate.exits import Exit

if TYPE_CHECKING:
    from pathlib import Path

E = TypeVar("E", bound=Event)
OLD, NEW = "cloudamqp-old-1", "cloudamqp-mig-7f3k2q"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(f"sqlite:///{tmp_path / 'store.sqlite3'}", FakeHeroku())


def of(kind: type[E], machine: Machine) -> list[E]:
    return [event for event in machine.events if isinstance(event, kind)]


def test_differences_are_told_by_name_and_no_value_is_in_them() -> None:
    before = {"KEPT": "1", "URL": "amqps://u:canary-1@old/v", "GONE": "canary-2"}
    now = {"KEPT": "1", "URL": "amqps://u:canary-3@new/v", "NEW": "canary-4"}

    found = differences(before, now)

    assert found == {"GONE": "removed", "NEW": "added", "URL": "changed"}


def test_the_app_is_seen_before_and_after_with_what_has_changed(machine: Machine) -> None:
    machine.begin()

    before, after = of(AppSeen, machine)

    assert (before.step, before.attachments, before.changed) == ("preflight", {"CLOUDAMQP": OLD}, None)
    assert before.add_ons == ({"name": OLD, "plan": "cloudamqp:lemur"},)
    assert (after.since, after.changed) == (before.release, {"CLOUDAMQP_URL": "changed"})
    assert (after.attachments, after.add_ons) == ({"CLOUDAMQP": NEW}, ({"name": NEW, "plan": "cloudamqp:bunny"},))
    assert "amqp" not in json.dumps([before.variables, after.variables])


def test_a_later_process_compares_with_what_was_before_the_first_one(machine: Machine) -> None:
    machine.on_event = kill_after("drain")
    with pytest.raises(Killed):
        machine.begin()
    machine.resume()

    assert of(AppSeen, machine)[-1].changed == {"CLOUDAMQP_URL": "changed"}


def test_an_app_that_cannot_be_read_in_the_end_is_unknown_and_the_migration_done(machine: Machine) -> None:
    def fail(event: Event) -> None:
        if isinstance(event, BrokerCounted) and event.step == "verify":

            def no_answer(_app: str) -> None:
                raise HerokuUnreachable("Heroku gave no usable answer.")

            machine.heroku.attachments = no_answer  # type: ignore[assignment, method-assign]

    machine.on_event = fail

    assert machine.begin().exit == Exit.DONE
    after = of(AppSeen, machine)[-1]
    assert (after.unknown, after.changed, after.variables) == ("Heroku gave no usable answer.", None, None)


def test_a_broker_is_counted_before_and_after_without_our_own_connections(machine: Machine) -> None:
    clients = tuple(Client(f"10.0.0.{i}:1 -> 10.9.9.9:2", name, 1.0, 0, 1, 0) for i, name in enumerate("aab"))
    ours = Client("10.0.0.9:1 -> 10.9.9.9:2", OURS, 1.0, 0, 0, 0)
    queues = (QueueCounters("celery", 50, 49, 48, 0), QueueCounters("celeryev.1", 7, 7, 7, 0))
    machine.heroku.broker_of(OLD).counted = BrokerStatistics(queues, (*clients, ours))
    machine.begin()

    before, after = of(BrokerCounted, machine)

    assert (before.step, after.step) == ("preflight", "verify")
    assert before.connections == {"a": 2, "b": 1}
    assert (before.messages, before.published, before.acknowledged) == (0, 50, 48)
    assert (before.consumers, after.consumers) == ({"celery": 1}, {"celery": 1})
    assert before.broker != after.broker


def test_every_release_that_is_waited_for_is_told_once_and_its_dynos_too(machine: Machine) -> None:
    machine.begin()

    versions = [event.version for event in of(ReleaseLive, machine)]
    assert versions == sorted(set(versions))
    assert {event.step for event in of(ReleaseLive, machine)} == {"eager-on", "add", "eager-off"}
    assert [event.dynos for event in of(DynosRunning, machine)] == [2] * len(of(DynosRunning, machine))
