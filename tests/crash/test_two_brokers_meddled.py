"""Both add-ons are there, and the world does not hold still: one is removed, a release fails, tasks stray in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.migrations import a_migration
from fakes.two_brokers import (
    ID,
    NEW,
    OLD,
    TWO,
    a_letter,
    a_machine,
    an_heir,
    check_as_it_was,
    check_moved,
    dying,
    stopped_at,
)

from migrate import fault_points
from migrate.exits import Exit
from migrate.strategies import planned

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.machine import Machine

pytestmark = pytest.mark.crash

NAMES = {strategy: [step.name for step in planned(a_migration(strategy=strategy))] for strategy in TWO}
WITH_BOTH = [
    (strategy, step)
    for strategy in TWO
    for step in NAMES[strategy][NAMES[strategy].index("add-beside") : NAMES[strategy].index("remove-old")]
]
DIVERSION = {"side-by-side": "eager-on", "bridge": "bridge-on"}
BEFORE_DIVERSION = [
    (strategy, step)
    for strategy in TWO
    for step in NAMES[strategy][NAMES[strategy].index("add-beside") : NAMES[strategy].index(DIVERSION[strategy])]
]
DIVERTED = [
    (strategy, step)
    for strategy in TWO
    for step in NAMES[strategy][NAMES[strategy].index(DIVERSION[strategy]) : NAMES[strategy].index("reattach")]
]
MOVE = "move CLOUDAMQP to cloudamqp:bunny"


def remove_by_hand(machine: Machine, add_on: str) -> None:
    machine.heroku.delete_add_on("shop", add_on)
    machine.heroku.writes.pop()


def times_of(machine: Machine) -> dict[str, float]:
    """Note when each write has had its effect, by its words."""
    times: dict[str, float] = {}
    machine.heroku.after = lambda write: times.update({write: machine.clock.monotonic()})
    return times


@pytest.mark.parametrize(("strategy", "step"), WITH_BOTH)
def test_a_new_add_on_that_somebody_has_removed_does_not_keep_anybody_from_the_way_back(
    tmp_path: Path, strategy: str, step: str
) -> None:
    machine = a_machine(tmp_path, strategy)
    stopped_at(machine, step)
    remove_by_hand(machine, NEW)

    undone = machine.roll_back()

    assert undone.exit == Exit.ROLLED_BACK, (undone.what, undone.why)
    check_as_it_was(machine)
    assert "remove new" not in machine.heroku.writes


@pytest.mark.parametrize("strategy", TWO)
def test_one_that_is_still_being_provided_is_removed_on_the_way_back(tmp_path: Path, strategy: str) -> None:
    machine = a_machine(tmp_path, strategy)
    assert dying(machine, machine.begin, f"add: {fault_points.AFTER_RECORD}") is None
    heroku = machine.heroku
    for variables in (heroku.config, heroku.requested, heroku.log[-1][1]):
        variables.pop("CLOUDAMQP_NEW_URL", None)

    undone = machine.roll_back()

    assert undone.exit == Exit.ROLLED_BACK, (undone.what, undone.why)
    check_as_it_was(machine)
    assert machine.heroku.writes.count("remove new") == 1


@pytest.mark.parametrize("strategy", TWO)
def test_what_somebody_has_put_on_one_that_nobody_was_led_to_is_taken_back_before_it_goes(
    tmp_path: Path, strategy: str
) -> None:
    machine = a_machine(tmp_path, strategy)
    assert dying(machine, machine.begin, f"add: {fault_points.AFTER_RECORD}") is None
    machine.heroku.broker_of(NEW).mover.messages.append(a_letter(0))

    undone = machine.roll_back()

    assert undone.exit == Exit.ROLLED_BACK, (undone.what, undone.why)
    assert machine.heroku.broker_of("cloudamqp-old-1").mover.messages == [a_letter(0)]
    check_as_it_was(machine)


def test_one_off_workers_of_a_new_add_on_that_is_gone_end_on_the_way_back(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, "bridge", bridge_workers={"worker": 1})
    stopped_at(machine, "drain")
    remove_by_hand(machine, NEW)

    assert machine.roll_back().exit == Exit.ROLLED_BACK
    assert machine.heroku.one_offs == []
    check_as_it_was(machine)


def test_what_was_taken_from_a_new_add_on_that_is_gone_since_is_given_to_the_old_one(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, "bridge")
    stopped_at(machine, "drain")
    letters = [a_letter(number) for number in range(5)]
    machine.heroku.broker_of(NEW).mover.messages = list(letters)
    assert dying(machine, machine.roll_back, "mover: before put") is None
    remove_by_hand(machine, NEW)

    undone = machine.resume()

    assert undone.exit == Exit.ROLLED_BACK, (undone.what, undone.why)
    assert machine.heroku.broker_of(OLD).mover.messages == letters


def test_on_the_way_back_old_dynos_that_publish_to_the_new_broker_are_waited_for(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, "bridge")
    stopped_at(machine, "verify")
    machine.clock.sleep(600)
    times = times_of(machine)

    assert machine.roll_back().exit == Exit.ROLLED_BACK

    assert times["remove new"] - times["move RABBIT to cloudamqp:lemur"] >= 30


@pytest.mark.parametrize(("strategy", "ended"), [("side-by-side", "unset eager"), ("bridge", "unset bridge")])
def test_old_dynos_whose_pasted_copies_lead_to_the_old_broker_are_waited_for(
    tmp_path: Path, strategy: str, ended: str
) -> None:
    machine = a_machine(tmp_path, strategy)
    times = times_of(machine)

    assert machine.begin().exit == Exit.DONE

    assert times["remove"] - times[ended] >= 30


@pytest.mark.parametrize("write", ["remove new", "detach CLOUDAMQP_OLD"])
@pytest.mark.parametrize("strategy", TWO)
def test_a_release_that_fails_when_an_add_on_or_a_name_goes_does_not_stop_the_way_back(
    tmp_path: Path, strategy: str, write: str
) -> None:
    machine = a_machine(tmp_path, strategy)
    stopped_at(machine, "verify")
    machine.heroku.fails = {write}

    undone = machine.roll_back()

    assert undone.exit == Exit.ROLLED_BACK, (undone.what, undone.why)
    assert [item.name for item in machine.heroku.add_ons("shop")] == [OLD]
    assert machine.heroku.quantities == {"web": 1, "worker": 1}


@pytest.mark.parametrize("strategy", TWO)
def test_a_release_that_fails_when_the_spare_name_goes_does_not_stop_the_end(tmp_path: Path, strategy: str) -> None:
    machine = a_machine(tmp_path, strategy)
    machine.heroku.fails = {"detach CLOUDAMQP_NEW"}

    ended = machine.begin()

    assert ended.exit == Exit.DONE, (ended.what, ended.why)
    assert machine.heroku.names == {"CLOUDAMQP": NEW, "RABBIT": NEW}


@pytest.mark.parametrize("write", ["add", "attach CLOUDAMQP_OLD"])
@pytest.mark.parametrize("strategy", ["documented", *TWO])
def test_a_deploy_that_fails_right_behind_a_release_of_ours_is_not_taken_for_it(
    tmp_path: Path, strategy: str, write: str
) -> None:
    machine = a_machine(tmp_path, strategy)
    machine.heroku.fails = {"push"}
    machine.heroku.after = lambda now: machine.heroku.push() if now == write else None

    ended = machine.begin()

    assert ended.exit == Exit.DONE, (ended.what, ended.why)


@pytest.mark.parametrize("write", ["remove", "detach CLOUDAMQP_NEW", "remove new"])
def test_a_deploy_of_somebody_elses_that_fails_meanwhile_is_no_failure_of_ours(tmp_path: Path, write: str) -> None:
    machine = a_machine(tmp_path, "side-by-side")
    stopped_at(machine, "verify")
    machine.heroku.fails = {"push"}
    machine.heroku.after = lambda now: machine.heroku.push() if now == write else None

    ended = machine.roll_back() if write == "remove new" else machine.resume()

    assert ended.exit == (Exit.ROLLED_BACK if write == "remove new" else Exit.DONE), (ended.what, ended.why)


def test_what_may_be_discarded_is_counted_on_the_way_there_only(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, "bridge", leftovers="discard", discard_count=1)
    stopped_at(machine, "bridge-on")
    letters = [a_letter(number) for number in range(5)]
    machine.heroku.broker_of(NEW).mover.messages = list(letters)

    undone = machine.roll_back()

    assert undone.exit == Exit.ROLLED_BACK, (undone.what, undone.why)
    assert machine.heroku.broker_of(OLD).mover.messages == letters


@pytest.mark.parametrize("strategy", TWO)
def test_a_move_that_had_no_effect_is_proven_anew_before_it_is_tried_again(tmp_path: Path, strategy: str) -> None:
    machine = a_machine(tmp_path, strategy)
    machine.heroku.fails = {"detach CLOUDAMQP", MOVE}
    stopped = machine.begin()
    assert stopped.code == "NAME_NOT_MOVED"
    assert "lead to the new add-on" not in stopped.state
    old = machine.heroku.broker_of(OLD)
    assert len(old.consumers()) == 1
    old.ready = 2  # what beat has published meanwhile

    machine.heroku.fails = set()

    assert machine.resume().exit == Exit.DONE
    assert (old.ready, old.taken) == (0, 5)
    check_moved(machine)


@pytest.mark.parametrize("strategy", TWO)
def test_a_move_back_that_had_no_effect_is_tried_again(tmp_path: Path, strategy: str) -> None:
    machine = a_machine(tmp_path, strategy)
    stopped_at(machine, "verify")
    machine.heroku.fails = {"detach CLOUDAMQP", "move CLOUDAMQP to cloudamqp:lemur"}
    stopped = machine.roll_back()
    assert stopped.code == "NAME_NOT_MOVED"
    assert "lead to the old add-on" not in stopped.state
    machine.heroku.fails = set()

    assert machine.resume().exit == Exit.ROLLED_BACK
    check_as_it_was(machine)


@pytest.mark.parametrize("strategy", TWO)
def test_the_names_move_while_the_workers_rest_on_a_broker_that_is_still_empty(tmp_path: Path, strategy: str) -> None:
    machine = a_machine(tmp_path, strategy)
    stopped_at(machine, "drain")
    old, strays, seen = machine.heroku.broker_of(OLD), [1, 1], []

    def publish(_worker: str) -> None:
        old.ready += strays.pop() if strays else 0

    def look(write: str) -> None:
        if write == MOVE:
            seen.append((old.ready, len(old.consumers())))

    old.on_touch, machine.heroku.before = publish, look

    assert machine.resume().exit == Exit.DONE

    assert seen == [(0, 0)]
    assert old.taken == 5


@pytest.mark.parametrize("strategy", TWO)
def test_a_move_that_is_refused_leaves_workers_on_their_queues(tmp_path: Path, strategy: str) -> None:
    machine = a_machine(tmp_path, strategy)
    stopped_at(machine, "drain")
    old = machine.heroku.broker_of(OLD)
    touched: list[str] = []

    def publish(worker: str) -> None:
        touched.append(worker)
        old.ready += 1

    old.on_touch = publish
    stopped = machine.resume()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "NOT_DRAINED")
    assert touched
    assert len(old.consumers()) == 1


@pytest.mark.parametrize("back", [False, True], ids=["on", "back"])
def test_dynos_that_drained_rest_on_the_broker_that_is_left_before_they_end(tmp_path: Path, *, back: bool) -> None:
    machine = a_machine(tmp_path, "side-by-side")
    machine.changes = {"drain_by": "dynos"}
    machine.heroku.reads_variable = True
    stopped_at(machine, "reattach")
    resting: list[int] = []

    def look(write: str) -> None:
        if write.startswith("stop "):
            resting.append(len(machine.heroku.broker_of(OLD).consumers()))

    machine.heroku.before = look

    ended = machine.roll_back() if back else machine.resume()

    assert ended.exit == (Exit.ROLLED_BACK if back else Exit.DONE)
    assert resting == [0]


@pytest.mark.parametrize(("strategy", "step"), BEFORE_DIVERSION)
def test_a_new_add_on_that_is_gone_before_anything_led_there_is_added_again(
    tmp_path: Path, strategy: str, step: str
) -> None:
    machine = a_machine(tmp_path, strategy)
    stopped_at(machine, step)
    remove_by_hand(machine, NEW)

    stopped = machine.resume()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "ADD_ON_FAILED")
    assert machine.resume().exit == Exit.DONE
    assert machine.heroku.names == {"CLOUDAMQP": f"{NEW}-2", "RABBIT": f"{NEW}-2"}


@pytest.mark.parametrize(("strategy", "step"), DIVERTED)
def test_one_that_is_gone_once_tasks_are_diverted_is_said_to_be(tmp_path: Path, strategy: str, step: str) -> None:
    machine = a_machine(tmp_path, strategy)
    stopped_at(machine, step)
    remove_by_hand(machine, NEW)

    stopped = machine.resume()

    assert (stopped.exit, stopped.code) == (Exit.CHANGED, "WORLD_CHANGED")
    assert stopped.what == f"The new add-on {NEW} is gone."
    assert stopped.next[0].startswith(f"migrate-plan rollback {ID}")
    assert machine.heroku.names == {"CLOUDAMQP": OLD, "RABBIT": OLD, "CLOUDAMQP_OLD": OLD}
    assert machine.roll_back().exit == Exit.ROLLED_BACK
    check_as_it_was(machine)


def test_one_off_workers_of_the_bridge_are_gone_before_the_workers_are_looked_for(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, "bridge", bridge_workers={"worker": 1})

    stopped_at(machine, "verify")

    assert machine.heroku.one_offs == []


@pytest.mark.parametrize("strategy", TWO)
def test_an_heir_does_not_take_a_name_for_moved_that_the_live_release_has_on_the_old_add_on(
    tmp_path: Path, strategy: str
) -> None:
    machine = a_machine(tmp_path, strategy)
    machine.heroku.fails = {"detach CLOUDAMQP", MOVE}
    assert machine.begin().code == "NAME_NOT_MOVED"
    machine.heroku.fails = set()
    old = machine.heroku.broker_of(OLD)
    old.ready = 2

    heir = an_heir(machine, tmp_path)

    assert heir.resume().exit == Exit.DONE
    assert (old.ready, old.taken) == (0, 5)
    check_moved(heir)


@pytest.mark.parametrize("strategy", TWO)
def test_an_heir_hears_that_the_live_release_lacks_a_name_and_moves_it_then(tmp_path: Path, strategy: str) -> None:
    machine = a_machine(tmp_path, strategy)
    machine.heroku.fails = {MOVE}
    assert machine.begin().code == "NAME_NOT_MOVED"
    machine.heroku.fails = set()

    heir = an_heir(machine, tmp_path)
    stopped = heir.resume()

    assert stopped.code == "NAME_NOT_MOVED"
    assert heir.resume().exit == Exit.DONE
    check_moved(heir)


@pytest.mark.parametrize("strategy", TWO)
def test_a_spare_name_whose_release_fails_is_given_again(tmp_path: Path, strategy: str) -> None:
    machine = a_machine(tmp_path, strategy)
    machine.heroku.fails = {"attach CLOUDAMQP_OLD"}
    assert machine.begin().code == "RELEASE_FAILED"
    machine.heroku.fails = set()
    # Somebody's deploy mends the release command.
    machine.heroku.patch_config_vars("shop", {"MOTD": "hello"})
    machine.clock.sleep(5)

    ended = machine.resume()

    assert ended.exit == Exit.DONE, (ended.what, ended.why)
    machine.heroku.patch_config_vars("shop", {"MOTD": None})
    check_moved(machine)


@pytest.mark.parametrize("strategy", TWO)
def test_a_spare_name_whose_release_fails_keeps_nobody_from_the_way_back(tmp_path: Path, strategy: str) -> None:
    machine = a_machine(tmp_path, strategy)
    machine.heroku.fails = {"attach CLOUDAMQP_OLD"}
    assert machine.begin().code == "RELEASE_FAILED"
    machine.heroku.fails = set()

    undone = machine.roll_back()

    assert undone.exit == Exit.ROLLED_BACK, (undone.what, undone.why)
    check_as_it_was(machine)
