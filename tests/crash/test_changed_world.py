"""Between a crash and the resume somebody changes the world: it is noticed, and no broker with work is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.heroku import FakeBroker, FakeHeroku
from fakes.machine import Killed, Machine, kill_after
from msgspec.structs import replace

from migrate import holder
from migrate.brokers.queues import Sorting
from migrate.brokers.report import QueueCount
from migrate.events import StepNoted, StepWaiting
from migrate.exits import Exit
from migrate.migration import EAGER, MARKER, Choices
from migrate.planning.opening import sorted_anew

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.crash

OLD = "cloudamqp-old-1"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(f"sqlite:///{tmp_path / 'store.sqlite3'}", FakeHeroku("CLOUDAMQP", "RABBIT"))


def killed_after(machine: Machine, step: str) -> None:
    machine.on_event = kill_after(step)
    with pytest.raises(Killed):
        machine.begin()


def test_a_message_that_came_after_the_checkpoint_is_drained_before_the_removal(
    machine: Machine,
) -> None:
    killed_after(machine, "drain")
    old = machine.heroku.broker_of(OLD)
    old.ready = 7

    assert machine.resume().exit == Exit.DONE
    assert (old.ready, old.taken, old.gone) == (0, 7, True)


def test_messages_that_nobody_takes_keep_the_old_broker(machine: Machine) -> None:
    killed_after(machine, "drain")
    old = machine.heroku.broker_of(OLD)
    old.ready = 7
    old.off = NeverPutBack(old.workers)

    stopped = machine.resume()

    assert stopped.exit == Exit.RESUMABLE
    assert stopped.code in {"NOT_DRAINED", "WAIT_EXPIRED", "WORKERS_BUSY"}
    assert "is in place with everything in it" in stopped.state
    assert stopped.back == "migrate-plan rollback mig-7f3k2q"
    assert "remove" not in machine.heroku.writes


class NeverPutBack(set[str]):
    """Workers that stay off their queues whatever they are told."""

    def discard(self, _node: object) -> None:
        """Stay."""


@pytest.mark.parametrize("step", ["eager-on", "drain"])
@pytest.mark.parametrize(
    "changes", [{EAGER: None}, {EAGER: "False"}, {MARKER: None}, {MARKER: "mig-abc234 to cloudamqp:bunny by eve"}]
)
def test_a_variable_that_somebody_has_changed_stops_it_before_the_removal(
    machine: Machine, step: str, changes: dict[str, str | None]
) -> None:
    killed_after(machine, step)
    machine.heroku.patch_config_vars("shop", changes)

    stopped = machine.resume()

    assert (stopped.exit, stopped.code) == (Exit.CHANGED, "WORLD_CHANGED")
    assert "remove" not in machine.heroku.writes
    assert not machine.heroku.broker_of(OLD).gone
    assert stopped.next[-1].startswith("migrate-plan resume")


def test_an_old_add_on_that_somebody_has_removed_is_not_removed_again_and_the_new_one_comes(machine: Machine) -> None:
    killed_after(machine, "drain")
    machine.heroku.delete_add_on("shop", OLD)
    machine.heroku.writes.clear()

    stopped = machine.resume()

    assert stopped.exit == Exit.CHANGED, (stopped.code, stopped.what)
    assert "remove" not in machine.heroku.writes


@pytest.mark.parametrize("step", ["preflight", "quiesce"])
def test_another_plan_or_another_name_is_noticed_before_anything_is_changed(machine: Machine, step: str) -> None:
    killed_after(machine, step)
    add_on = machine.heroku.all_add_ons[OLD]
    machine.heroku.all_add_ons[OLD] = replace(add_on, plan="cloudamqp:tiger")

    stopped = machine.resume()

    assert (stopped.exit, stopped.code) == (Exit.CHANGED, "WORLD_CHANGED")
    assert "cloudamqp:tiger" in stopped.why
    assert machine.heroku.writes == []


def test_an_attachment_that_somebody_has_added_is_noticed_before_anything_is_changed(machine: Machine) -> None:
    killed_after(machine, "quiesce")
    machine.heroku.attach("shop", add_on=OLD, name="LATE")
    machine.heroku.writes.clear()

    stopped = machine.resume()

    assert (stopped.exit, stopped.code) == (Exit.CHANGED, "WORLD_CHANGED")
    assert "LATE" in stopped.why
    assert machine.heroku.writes == []


def test_a_deploy_in_between_is_waited_for_and_does_not_hurt(machine: Machine) -> None:
    killed_after(machine, "drain")
    machine.heroku._release("deploy", machine.heroku.requested)

    assert machine.resume().exit == Exit.DONE


@pytest.mark.parametrize(("who", "waits"), [("", False), ("eve@elsewhere", True)])
def test_another_machine_waits_for_old_dynos_by_its_own_clock(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, who: str, *, waits: bool
) -> None:
    killed_after(machine, "drain")
    if who:
        monkeypatch.setattr(holder, "who", lambda: who)
    machine.clock.sleep(3600)  # the lease runs out
    before = len(machine.events)

    assert machine.resume().exit == Exit.DONE
    reasons = [event.reason for event in machine.events[before:] if isinstance(event, StepWaiting)]
    assert any("old dynos may still publish" in reason for reason in reasons) == waits


def test_a_message_that_comes_between_two_looks_starts_the_watch_anew(machine: Machine) -> None:
    killed_after(machine, "drain")
    old = machine.heroku.broker_of(OLD)
    looks: list[float] = []

    def publish_late(_broker: object) -> None:
        looks.append(machine.clock.monotonic())
        if len(looks) == 4:
            old.ready += 1

    old.on_look = publish_late

    assert machine.resume().exit == Exit.DONE
    assert (old.ready, old.taken) == (0, 1)


def test_messages_in_ignored_queues_do_not_keep_the_old_broker_and_are_counted_once_more_before_it_goes() -> None:
    machine = Machine("", FakeHeroku(), choices=Choices(sorting=Sorting(ignored_patterns=("dead",))))
    old = machine.heroku.broker_of(OLD)
    old.others = (QueueCount("dead", ready=2, unacknowledged=0),)
    machine.on_event = lambda _event: _one_more(old)

    assert machine.begin().exit == Exit.DONE
    said = [event.text for event in machine.events if isinstance(event, StepNoted) and event.step == "remove"]
    assert said == [f"{old.others[0].messages} messages in ignored queues go with the broker: dead (9)."]


def _one_more(old: FakeBroker) -> None:
    if not old.gone and old.others[0].ready < 9:
        old.others = (replace(old.others[0], ready=old.others[0].ready + 1),)


def test_a_queue_that_is_given_up_on_the_way_no_longer_keeps_the_old_broker(machine: Machine) -> None:
    killed_after(machine, "drain")
    machine.heroku.broker_of(OLD).others = (QueueCount("dead", ready=2, unacknowledged=0),)
    assert machine.resume().code == "NOT_DRAINED"

    record = machine.store.record("mig-7f3k2q")
    machine.store.amend(sorted_anew(record.migration, Sorting(ignored_patterns=("dead",))))

    assert machine.resume().exit == Exit.DONE
