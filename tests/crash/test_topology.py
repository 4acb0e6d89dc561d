"""What somebody made beside Celery's own comes along; killed, refused or silent, nothing of it is lost or forced."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine
from fakes.topology import AUDIT, EVENTS, MADE, TO_AUDIT, TTL
from msgspec.structs import replace

from migrate import fault_points
from migrate.events import StepNoted
from migrate.exits import Exit
from migrate.migration import Choices
from migrate.store.journal import Journal
from migrate.topology.shapes import Topology
from migrate.ways import adoption

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fakes.topology import FakeTopology

    from migrate.events import Result

pytestmark = pytest.mark.crash

FILE = "mig-7f3k2q.topology.json"
WRITES = ["set eager", "remove", "add", "unset eager"]
ACCEPTED = "--accept TOPOLOGY_NOT_COPIED"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine("", FakeHeroku(), spools=tmp_path)
    old(machine).has = MADE
    return machine


def old(machine: Machine) -> FakeTopology:
    return machine.heroku.broker_of("cloudamqp-old-1").topology


def new(machine: Machine) -> FakeTopology:
    return machine.heroku.broker_of("cloudamqp-mig-7f3k2q").topology


def prepare(machine: Machine, change: Callable[[FakeTopology], None]) -> None:
    """Change the new vhost in the moment in which it comes."""
    machine.heroku.after = lambda write: change(new(machine)) if write == "add" else None


def killed_at(machine: Machine, point: str, run: Callable[[], Result] | None = None) -> None:
    def die(reached: str) -> None:
        if reached == point:
            raise Killed

    with pytest.raises(Killed), fault_points.armed(die):
        (run or machine.begin)()
    machine.store.leases.clear()  # as on one machine, where a dead process is known to be dead


def accept(machine: Machine, code: str) -> None:
    migration = machine.store.record("mig-7f3k2q").migration
    machine.store.amend(replace(migration, accepted=(*migration.accepted, code)))


def notes(machine: Machine, step: str) -> list[str]:
    return [event.text for event in machine.events if isinstance(event, StepNoted) and event.step == step]


def check_copied(machine: Machine) -> None:
    assert new(machine).has.things == MADE.things
    assert machine.heroku.writes == WRITES
    assert machine.state == "done"


def test_what_somebody_made_is_on_the_new_broker_and_in_a_file_for_its_owner_alone(
    machine: Machine, tmp_path: Path
) -> None:
    assert machine.begin().exit == Exit.DONE

    check_copied(machine)
    file = tmp_path / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Topology.from_json(json.loads(file.read_text())["topology"]) == MADE
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    (told, *_) = notes(machine, "copy-topology")
    assert "Made there: policy ttl (queues ^audit$: message-ttl 60000), exchange events (topic)" in told


def test_without_anything_made_one_line_is_said_and_no_file_is_written(machine: Machine, tmp_path: Path) -> None:
    old(machine).has = Topology()

    assert machine.begin().exit == Exit.DONE

    assert notes(machine, "save-topology") == ["Saved nothing beyond what Celery makes for itself."]
    (told,) = notes(machine, "copy-topology")
    assert told.startswith("The app moves from RabbitMQ 3.13.7 to RabbitMQ 3.13.7.")
    assert told.endswith("On the old broker was nothing beyond what Celery makes for itself.")
    assert list(tmp_path.iterdir()) == []


def test_without_anything_made_a_new_broker_that_says_nothing_of_itself_is_no_obstacle(machine: Machine) -> None:
    old(machine).has = Topology()
    prepare(machine, lambda topology: setattr(topology, "silent", True))

    assert machine.begin().exit == Exit.DONE


def test_killed_at_any_point_all_of_it_is_made_once(tmp_path: Path) -> None:
    reached: dict[str, None] = {}
    undisturbed = Machine("", FakeHeroku(), spools=tmp_path / "undisturbed")
    old(undisturbed).has = MADE
    with fault_points.armed(reached.setdefault):
        undisturbed.begin()
    points = list(reached)
    points = points[points.index("drain: after done") : points.index("eager-off: before intent")]
    assert sum(point.startswith("topology") for point in points) == len(MADE)

    for number, point in enumerate(points):
        machine = Machine("", FakeHeroku(), spools=tmp_path / str(number))
        old(machine).has = MADE
        killed_at(machine, point)
        assert machine.resume().exit == Exit.DONE, point
        check_copied(machine)
        assert sorted(new(machine).writes) == sorted(set(new(machine).writes)), point


def test_what_is_there_otherwise_is_said_and_left_alone(machine: Machine) -> None:
    mine = replace(AUDIT, arguments={"x-max-length": 500})
    prepare(machine, lambda topology: setattr(topology, "has", Topology(queues=(mine,))))

    assert machine.begin().exit == Exit.DONE

    assert new(machine).has.queues == (mine,)
    assert "Left as it is: queue audit is there already, with x-max-length 500 instead of 1000." in notes(
        machine, "copy-topology"
    )


def test_what_is_refused_stops_the_migration_where_it_can_go_on(machine: Machine) -> None:
    prepare(
        machine,
        lambda topology: setattr(
            topology, "refuses", lambda what: "HTTP 400, invalid exchange type" if "events (" in what else ""
        ),
    )

    stopped = machine.begin()

    assert (stopped.code, stopped.exit) == ("TOPOLOGY_NOT_COPIED", Exit.RESUMABLE)
    assert "xchange events (topic): HTTP 400, invalid exchange type" in stopped.why
    assert stopped.next[-1] == "migrate-plan resume mig-7f3k2q"
    assert stopped.choices == (f"migrate-plan resume mig-7f3k2q {ACCEPTED}    (go on without it)",)
    assert "has the new add-on" in stopped.state
    assert new(machine).has.things == (TTL, AUDIT)
    new(machine).refuses = lambda _what: ""
    assert machine.resume().exit == Exit.DONE
    check_copied(machine)


def test_what_is_refused_can_be_done_without(machine: Machine) -> None:
    prepare(machine, lambda topology: setattr(topology, "refuses", lambda _what: "HTTP 401, without a reason"))
    machine.begin()

    accept(machine, "TOPOLOGY_NOT_COPIED")

    assert machine.resume().exit == Exit.DONE
    assert new(machine).has.things == ()
    assert any("That was accepted." in note for note in notes(machine, "copy-topology"))


def test_a_policy_is_not_set_where_nobody_can_see_whether_one_of_its_name_is_there(machine: Machine) -> None:
    prepare(machine, lambda topology: setattr(topology, "has", Topology(unread={"policies": "HTTP 401"})))

    stopped = machine.begin()

    assert stopped.code == "TOPOLOGY_NOT_COPIED"
    assert not any("policy" in write for write in new(machine).writes)
    assert new(machine).has.things == (EVENTS, AUDIT, TO_AUDIT)


def test_an_old_broker_that_does_not_tell_is_not_removed(machine: Machine) -> None:
    machine.heroku.after = lambda write: setattr(old(machine), "silent", True) if write == "set eager" else None

    stopped = machine.begin()

    assert (stopped.code, stopped.exit) == ("TOPOLOGY_NOT_SAVED", Exit.RESUMABLE)
    assert machine.heroku.writes == ["set eager"]
    assert stopped.back == "migrate-plan rollback mig-7f3k2q"
    old(machine).silent = False
    assert machine.resume().exit == Exit.DONE
    check_copied(machine)


def test_an_old_broker_that_does_not_tell_can_be_done_without(machine: Machine) -> None:
    machine.heroku.after = lambda write: setattr(old(machine), "silent", True) if write == "set eager" else None
    machine.begin()

    accept(machine, "TOPOLOGY_NOT_SAVED")

    assert machine.resume().exit == Exit.DONE
    assert new(machine).has.things == ()
    assert "is not known" in notes(machine, "copy-topology")[0]


def test_a_file_that_cannot_be_written_keeps_the_old_broker(machine: Machine, tmp_path: Path) -> None:
    machine.spools = tmp_path / "taken"
    machine.spools.write_text("a file in the place of the folder")

    stopped = machine.begin()

    assert stopped.code == "TOPOLOGY_NOT_SAVED"
    assert str(machine.spools) in stopped.why
    assert "remove" not in machine.heroku.writes


def test_what_could_not_be_read_is_named_when_it_is_saved_and_when_it_is_copied(machine: Machine) -> None:
    old(machine).has = Topology(unread={"policies": "HTTP 401"})

    assert machine.begin().exit == Exit.DONE

    assert "not read: policies (HTTP 401)" in notes(machine, "save-topology")[0]
    assert "Not read: policies (HTTP 401)." in notes(machine, "copy-topology")


def test_policies_that_could_be_read_before_are_waited_for(machine: Machine) -> None:
    blind = replace(MADE, policies=(), unread={"policies": "HTTP 401"})
    machine.heroku.after = lambda write: setattr(old(machine), "has", blind) if write == "set eager" else None

    stopped = machine.begin()

    assert stopped.code == "TOPOLOGY_NOT_SAVED"
    assert "which could be read before" in stopped.why
    old(machine).has = MADE
    assert machine.resume().exit == Exit.DONE
    check_copied(machine)


@pytest.mark.parametrize("strategy", ["side-by-side", "bridge"])
def test_policies_are_waited_for_too_where_they_are_copied_from_broker_to_broker(
    machine: Machine, strategy: str
) -> None:
    machine.choices = Choices(strategy=strategy)
    blind = replace(MADE, policies=(), unread={"policies": "HTTP 401"})
    machine.heroku.after = lambda write: setattr(old(machine), "has", blind) if write == "add" else None

    stopped = machine.begin()

    assert stopped.code == "TOPOLOGY_NOT_COPIED"
    assert "which could be read before" in stopped.why
    old(machine).has = MADE
    assert machine.resume().exit == Exit.DONE
    assert new(machine).has.policies == (TTL,)


def test_on_another_machine_without_the_file_it_says_where_that_is(machine: Machine, tmp_path: Path) -> None:
    killed_at(machine, "add: after done")
    machine.spools = tmp_path / "elsewhere"

    stopped = machine.resume()

    assert (stopped.code, stopped.exit) == ("TOPOLOGY_NOT_COPIED", Exit.RESUMABLE)
    assert stopped.next[0].startswith("scp ")
    assert str(tmp_path / FILE) in stopped.next[0]
    machine.spools = tmp_path
    assert machine.resume().exit == Exit.DONE
    check_copied(machine)


@pytest.mark.parametrize("text", ["", "{}", '{"format": 1, "migration": "mig-other"}', '{"format": 2}'])
def test_a_file_that_is_damaged_or_of_another_migration_is_not_taken_for_an_empty_one(
    machine: Machine, tmp_path: Path, text: str
) -> None:
    killed_at(machine, "add: after done")
    (tmp_path / FILE).write_text(text)

    stopped = machine.resume()

    assert stopped.code == "TOPOLOGY_NOT_COPIED"
    assert str(tmp_path / FILE) in stopped.why
    assert new(machine).has.things == ()


@pytest.mark.parametrize("same_folder", [True, False])
def test_a_migration_whose_store_is_lost_finds_the_file_or_says_that_it_does_not_know(
    machine: Machine, tmp_path: Path, *, same_folder: bool
) -> None:
    killed_at(machine, "add: after done")
    spools = tmp_path if same_folder else tmp_path / "elsewhere"
    heir = Machine(f"sqlite:///{tmp_path / 'another.sqlite3'}", machine.heroku, machine.clock, spools=spools)
    fake: Any = machine.heroku
    adoption.adopt(heir.store, fake, adoption.found_on_app(fake, "shop", heir.clock), heir.clock)

    assert heir.resume().exit == Exit.DONE

    assert (new(machine).has.things == MADE.things) is same_folder
    assert ("is not known on this machine" in notes(heir, "copy-topology")[0]) is not same_folder


def test_a_migration_that_is_undone_leaves_the_old_broker_as_it_is(machine: Machine) -> None:
    killed_at(machine, "save-topology: after done")

    assert machine.roll_back().exit == Exit.ROLLED_BACK
    assert old(machine).writes == []


def test_what_is_different_on_a_newer_broker_is_told_from_both_versions(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_it_comes(write: str) -> None:
        if write == "add":
            monkeypatch.setattr(
                type(machine.heroku.broker_of("cloudamqp-mig-7f3k2q")), "version", lambda _self: "4.3.0"
            )

    machine.heroku.after = as_it_comes
    old(machine).has = replace(MADE, policies=(replace(TTL, definition={"ha-mode": "all"}),))

    assert machine.begin().exit == Exit.DONE

    told = notes(machine, "copy-topology")
    assert told[0].startswith(
        "The app moves from RabbitMQ 3.13.7 to RabbitMQ 4.3.0, on which some things are different."
    )
    assert any("eta or countdown" in text for text in told)
    assert any("no queue is mirrored" in text and "ttl" in text for text in told)
    assert not any("do not start" in text for text in told)  # its workers run Celery 5.7
    assert any(text.startswith("Not made: policy ttl (ha-mode), which RabbitMQ 4.3.0 does not know") for text in told)
    assert new(machine).has.policies == ()


@pytest.mark.parametrize("strategy", ["side-by-side", "bridge"])
def test_as_long_as_both_brokers_are_there_the_old_one_itself_is_asked(tmp_path: Path, strategy: str) -> None:
    for number, point in enumerate(["", *_around_the_copy(tmp_path, strategy)]):
        machine = Machine("", FakeHeroku(), choices=Choices(strategy), spools=tmp_path / str(number))
        old(machine).has = MADE
        if point:
            killed_at(machine, point)
            (tmp_path / str(number) / FILE).unlink(missing_ok=True)
        assert (machine.resume if point else machine.begin)().exit == Exit.DONE, point
        assert new(machine).has.things == MADE.things, point
        assert sorted(new(machine).writes) == sorted(set(new(machine).writes)), point


def _around_the_copy(folder: Path, strategy: str) -> list[str]:
    reached: dict[str, None] = {}
    machine = Machine("", FakeHeroku(), choices=Choices(strategy), spools=folder / "undisturbed")
    old(machine).has = MADE
    with fault_points.armed(reached.setdefault):
        machine.begin()
    points = list(reached)
    return points[points.index("add-beside: after done") : points.index("copy-topology: after done") + 1]


def test_a_migration_that_is_undone_with_both_brokers_takes_the_new_one_away_with_what_was_made_there(
    tmp_path: Path,
) -> None:
    machine = Machine("", FakeHeroku(), choices=Choices("side-by-side"), spools=tmp_path)
    old(machine).has = MADE
    killed_at(machine, "copy-topology: after done")

    assert machine.roll_back().exit == Exit.ROLLED_BACK

    assert old(machine).has == MADE
    assert [item.plan for item in machine.heroku.add_ons("shop")] == ["cloudamqp:lemur"]


def test_messages_and_their_proof_are_no_matter_of_it(machine: Machine) -> None:
    machine.heroku.broker_of("cloudamqp-old-1").ready = 5

    assert machine.begin().exit == Exit.DONE

    assert machine.heroku.broker_of("cloudamqp-old-1").taken == 5
    assert Journal(machine.store, "mig-7f3k2q", machine.clock).is_done("copy-topology")
