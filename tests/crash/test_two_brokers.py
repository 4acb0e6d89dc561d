"""Both add-ons are there for a while: what the live release has is said, and the way back is there until the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    once,
    stopped_at,
    stopped_at_next,
)
from msgspec.structs import replace

from migrate import fault_points
from migrate.errors import HerokuRefused, OutcomeUnknown
from migrate.exits import Exit
from migrate.migration import EAGER, MARKER, READ, WRITE
from migrate.strategies import planned
from migrate.ways.closing import abandon
from migrate.workers.drain_places import mark_in

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.machine import Machine

    from migrate.platform import Release


pytestmark = pytest.mark.crash

NAMES = {strategy: [step.name for step in planned(a_migration(strategy=strategy))] for strategy in TWO}
BEFORE_REMOVAL = [
    (strategy, step) for strategy in TWO for step in NAMES[strategy][: NAMES[strategy].index("remove-old")]
]
DIVERTED = {"side-by-side": {EAGER, MARKER}, "bridge": {READ, WRITE, MARKER}}


@pytest.mark.parametrize(("strategy", "step"), BEFORE_REMOVAL)
def test_undone_from_every_step_before_the_removal(tmp_path: Path, strategy: str, step: str) -> None:
    machine = a_machine(tmp_path, strategy)
    stopped_at(machine, step)

    undone = machine.roll_back()

    assert (undone.exit, undone.code) == (Exit.ROLLED_BACK, "ROLLED_BACK"), (undone.what, undone.why)
    check_as_it_was(machine)
    assert not DIVERTED[strategy] & machine.heroku.config.keys()


@pytest.mark.parametrize("strategy", TWO)
@pytest.mark.parametrize("step", ["remove-old", "tidy"])
def test_once_the_old_add_on_is_removed_it_says_what_can_be_had(tmp_path: Path, strategy: str, step: str) -> None:
    machine = a_machine(tmp_path, strategy)
    stopped_at(machine, step)

    refused = machine.roll_back()

    assert (refused.exit, refused.code) == (Exit.RESUMABLE, "ROLLBACK_IMPOSSIBLE")
    assert refused.next[0].endswith("migrate-plan --to lemur --app shop")
    assert machine.resume().exit == Exit.DONE
    check_moved(machine)


def points_of_the_way_back(folder: Path, strategy: str) -> list[str]:
    machine = a_machine(folder, strategy)
    stopped_at(machine, "verify")
    reached: dict[str, None] = {}
    with fault_points.armed(reached.setdefault):
        assert machine.roll_back().exit == Exit.ROLLED_BACK
    return list(reached)


@pytest.mark.parametrize("strategy", TWO)
def test_killed_at_any_point_of_the_way_back_it_ends_the_same(tmp_path: Path, strategy: str) -> None:
    points = points_of_the_way_back(tmp_path, strategy)
    assert len(points) > 30

    for point in points:
        machine = a_machine(tmp_path, strategy)
        stopped_at(machine, "verify")
        assert dying(machine, machine.roll_back, point) is None
        ended = machine.resume()
        assert ended.exit == Exit.ROLLED_BACK, (point, ended.what, ended.why)
        check_as_it_was(machine)
        assert machine.heroku.writes.count("remove new") == 1, point
        assert machine.heroku.writes.count("move CLOUDAMQP to cloudamqp:lemur") == 1, point


BACK = (
    "scale worker=0",
    "move CLOUDAMQP to cloudamqp:lemur",
    "move RABBIT to cloudamqp:lemur",
    "remove new",
    "detach CLOUDAMQP_OLD",
    "scale worker=1",
)


@pytest.mark.parametrize("write", BACK)
@pytest.mark.parametrize("trouble", [OutcomeUnknown("no reply"), HerokuRefused("no")])
def test_a_lost_reply_or_a_refusal_on_the_way_back_is_settled_or_tried_again(
    tmp_path: Path, write: str, trouble: Exception
) -> None:
    machine = a_machine(tmp_path, "side-by-side")
    stopped_at(machine, "verify")
    lost = isinstance(trouble, OutcomeUnknown)
    setattr(machine.heroku, "after" if lost else "before", once(write, trouble))

    undone = machine.roll_back()

    if not lost:
        assert (undone.exit, undone.code) == (Exit.RESUMABLE, "HEROKU_REFUSED")
        undone = machine.resume()
    assert undone.exit == Exit.ROLLED_BACK, (undone.what, undone.why)
    check_as_it_was(machine)


@pytest.mark.parametrize("strategy", TWO)
def test_an_attach_that_fails_leaves_a_live_release_without_the_name_and_that_is_said(
    tmp_path: Path, strategy: str
) -> None:
    machine = a_machine(tmp_path, strategy)
    machine.heroku.fails = {"move CLOUDAMQP to cloudamqp:bunny"}

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "NAME_NOT_MOVED")
    assert "has nothing under it" in stopped.what
    assert "(move CLOUDAMQP to cloudamqp:bunny) failed" in stopped.why
    assert stopped.state.startswith("The live release of shop has no CLOUDAMQP_URL")
    assert stopped.next[0].startswith("heroku releases:output v")
    assert stopped.back == f"migrate-plan rollback {ID}"
    assert "CLOUDAMQP_URL" not in machine.heroku.config
    machine.heroku.fails = set()
    assert machine.resume().exit == Exit.DONE
    check_moved(machine)


@pytest.mark.parametrize("strategy", TWO)
def test_an_attach_that_is_seen_later_than_the_detach_is_waited_for(tmp_path: Path, strategy: str) -> None:
    machine = a_machine(tmp_path, strategy)
    heroku, seen = machine.heroku, machine.heroku.releases
    moved: list[float] = []

    def note(write: str) -> None:
        if write.startswith("move "):
            moved.append(machine.clock.monotonic())

    def late(app: str, count: int = 20) -> tuple[Release, ...]:
        newest, *others = seen(app, 1000)
        if moved and machine.clock.monotonic() - moved[-1] < 10:
            newest, *others = replace(others[0], current=True), *others[1:]
        return (newest, *others)[:count]

    heroku.after = note
    shown: Any = machine.heroku
    shown.releases = late

    assert machine.begin().exit == Exit.DONE
    assert len(moved) == 2
    check_moved(machine)


def test_the_name_that_is_missing_is_the_one_that_is_said_to_be(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, "side-by-side")
    machine.heroku.fails = {"move RABBIT to cloudamqp:bunny"}

    stopped = machine.begin()

    assert stopped.state.startswith("The live release of shop has no RABBIT_URL:")
    assert "CLOUDAMQP_URL" in machine.heroku.config


def test_a_bridge_that_somebody_sets_again_on_the_way_back_keeps_the_new_add_on(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, "bridge")
    stopped_at(machine, "verify")

    def meddle(write: str) -> None:
        if write == "move RABBIT to cloudamqp:lemur":
            machine.heroku.patch_config_vars("shop", {WRITE: machine.heroku.config["CLOUDAMQP_NEW_URL"]})

    machine.heroku.after = meddle
    stopped = machine.roll_back()

    assert (stopped.exit, stopped.code) == (Exit.CHANGED, "WORLD_CHANGED")
    assert stopped.next[0] == f"heroku config:unset {WRITE} --app shop"
    assert "remove new" not in machine.heroku.writes
    machine.heroku.patch_config_vars("shop", {WRITE: None})
    assert machine.resume().exit == Exit.ROLLED_BACK
    check_as_it_was(machine)


@pytest.mark.parametrize("strategy", TWO)
def test_the_same_can_be_undone(tmp_path: Path, strategy: str) -> None:
    machine = a_machine(tmp_path, strategy)
    machine.heroku.fails = {"move CLOUDAMQP to cloudamqp:bunny"}
    assert machine.begin().code == "NAME_NOT_MOVED"
    machine.heroku.fails = set()

    undone = machine.roll_back()

    assert undone.exit == Exit.ROLLED_BACK, (undone.what, undone.why)
    check_as_it_was(machine)


def test_where_both_releases_fail_the_old_add_on_is_said_to_be_live(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, "side-by-side")
    machine.heroku.fails = {"detach CLOUDAMQP", "move CLOUDAMQP to cloudamqp:bunny"}

    stopped = machine.begin()

    assert "has the old add-on under it, on cloudamqp:lemur" in stopped.what
    assert "CLOUDAMQP_URL" in machine.heroku.config
    machine.heroku.fails = set()
    assert machine.resume().exit == Exit.DONE
    check_moved(machine)


def test_a_detach_that_fails_does_not_matter_where_the_attach_succeeds(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, "side-by-side")
    machine.heroku.fails = {"detach CLOUDAMQP"}

    assert machine.begin().exit == Exit.DONE
    check_moved(machine)


def test_a_later_release_that_brings_the_name_is_taken_for_it(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, "side-by-side")
    heroku = machine.heroku
    heroku.fails, heroku.failed_changes_survive = {"move CLOUDAMQP to cloudamqp:bunny"}, True
    assert machine.begin().code == "NAME_NOT_MOVED"
    heroku.patch_config_vars("shop", {"MOTD": "hello"})

    assert machine.resume().exit == Exit.DONE

    moves = [write for write in heroku.writes if write.startswith("move CLOUDAMQP")]
    assert moves == ["move CLOUDAMQP to cloudamqp:bunny"]


@pytest.mark.parametrize("step", ["bridge-on", "drain", "reattach", "bridge-off", "verify"])
def test_what_was_published_to_the_new_broker_goes_to_the_old_one_on_the_way_back(tmp_path: Path, step: str) -> None:
    machine = a_machine(tmp_path, "bridge")
    stopped_at(machine, step)
    letters = [a_letter(number) for number in range(5)]
    new, old = (machine.heroku.broker_of(name).mover for name in (NEW, OLD))
    new.messages = list(letters)

    undone = machine.roll_back()

    assert undone.exit == Exit.ROLLED_BACK, (undone.what, undone.why)
    assert (old.messages, new.messages) == (letters, [])
    assert list(tmp_path.glob("*.sqlite3")) == []
    check_as_it_was(machine)


def test_killed_at_any_point_while_it_takes_messages_back_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    letters = [a_letter(number) for number in range(5)]

    def on_the_way_back() -> Machine:
        machine = a_machine(tmp_path, "bridge")
        stopped_at(machine, "drain")
        machine.heroku.broker_of(NEW).mover.messages = list(letters)
        return machine

    reached: dict[str, None] = {}
    with fault_points.armed(reached.setdefault):
        assert on_the_way_back().roll_back().exit == Exit.ROLLED_BACK
    moving = [point for point in reached if point.startswith(("mover", "spool", "take-back"))]
    assert moving
    for point in moving:
        machine = on_the_way_back()
        assert dying(machine, machine.roll_back, point) is None
        assert machine.resume().exit == Exit.ROLLED_BACK, point
        assert machine.heroku.broker_of(OLD).mover.messages == letters, point


def test_an_old_broker_that_somebody_still_publishes_to_is_not_removed(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, "side-by-side")
    stopped_at(machine, "verify")
    machine.heroku.broker_of(OLD).ready = 1

    stopped = machine.resume()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "NOT_DRAINED")
    assert "remove" not in machine.heroku.writes
    machine.heroku.broker_of(OLD).ready = 0
    assert machine.resume().exit == Exit.DONE


@pytest.mark.parametrize("strategy", TWO)
def test_what_somebody_publishes_to_the_old_broker_before_it_is_removed_goes_back_to_its_workers(
    tmp_path: Path, strategy: str
) -> None:
    machine = a_machine(tmp_path, strategy)
    assert dying(machine, machine.begin, f"remove: {fault_points.AFTER_INTENT}") is None
    machine.heroku.broker_of(OLD).ready = 1

    stopped = machine.resume()

    assert stopped.code == "NOT_DRAINED"
    assert "the workers have left for the new broker" in stopped.why
    assert "migrate-plan rollback mig-7f3k2q    (everything stays in the old broker)" in stopped.choices
    assert machine.roll_back().exit == Exit.ROLLED_BACK
    assert (machine.heroku.broker_of(OLD).ready, machine.heroku.broker_of(OLD).taken) == (0, 4)
    assert [item.name for item in machine.heroku.add_ons("shop")] == [OLD]


def test_a_name_that_somebody_moved_back_keeps_the_old_add_on(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, "side-by-side")
    stopped_at(machine, "verify")
    machine.heroku.attach("shop", add_on=OLD, name="RABBIT", replace=True)

    stopped = machine.resume()

    assert (stopped.exit, stopped.code) == (Exit.CHANGED, "WORLD_CHANGED")
    assert stopped.what == "RABBIT_URL does not lead to the add-on on cloudamqp:bunny."
    assert "remove" not in machine.heroku.writes


@pytest.mark.parametrize("strategy", TWO)
def test_a_provider_that_does_not_provide_leaves_an_app_that_can_go_on_or_back(tmp_path: Path, strategy: str) -> None:
    machine = a_machine(tmp_path, strategy)
    machine.heroku.provisions = False

    failed = machine.begin()

    assert (failed.exit, failed.code) == (Exit.RESUMABLE, "ADD_ON_FAILED")
    assert "Its worker dynos are scaled to 0 (worker=1 before)." in failed.state
    machine.heroku.provisions = True
    machine.heroku.all_add_ons.pop(NEW)
    assert machine.roll_back().exit == Exit.ROLLED_BACK
    check_as_it_was(machine)


@pytest.mark.parametrize("strategy", TWO)
def test_what_does_not_drain_is_carried_over_between_the_two(tmp_path: Path, strategy: str) -> None:
    machine = a_machine(tmp_path, strategy, leftovers="carry")
    letters = [a_letter(number) for number in range(5)]
    machine.heroku.broker_of(OLD).mover.messages = list(letters)

    assert machine.begin().exit == Exit.DONE

    assert machine.heroku.broker_of(NEW).mover.messages == letters
    check_moved(machine)


@pytest.mark.parametrize("strategy", TWO)
def test_given_up_it_says_what_to_type_for_an_app_on_one_add_on(tmp_path: Path, strategy: str) -> None:
    machine = a_machine(tmp_path, strategy)
    assert dying(machine, machine.begin, f"reattach: {fault_points.BEFORE_RECORD}") is None

    given_up = abandon(machine.store, machine.store.record(ID), machine.clock)

    typed = "\n".join(given_up.next)
    unset = "CELERY_ALWAYS_EAGER" if strategy == "side-by-side" else f"{WRITE} {READ}"
    assert f"heroku config:unset {unset} MIGRATE_PLAN --app shop" in typed
    assert f"heroku addons:attach {NEW} --as CLOUDAMQP --app shop --confirm shop" in typed
    assert f"heroku addons:destroy {OLD} --app shop --confirm shop    (once it is empty" in typed


def test_no_url_and_no_password_is_in_the_journal(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, "bridge")

    assert machine.begin().exit == Exit.DONE

    written = "\n".join(str(entry) for entry in machine.store.entries(ID)) + "\n".join(map(str, machine.events))
    assert "canary" not in written
    assert "amqps://" not in written


MARKED = [
    (strategy, step)
    for strategy, on, off in (("side-by-side", "eager-on", "eager-off"), ("bridge", "bridge-on", "bridge-off"))
    for step in NAMES[strategy][NAMES[strategy].index(on) : NAMES[strategy].index(off)]
]


@pytest.mark.parametrize("back", [False, True], ids=["on", "back"])
@pytest.mark.parametrize(("strategy", "step"), MARKED)
def test_another_machine_without_the_store_goes_on_or_back(
    tmp_path: Path, strategy: str, step: str, *, back: bool
) -> None:
    machine = a_machine(tmp_path, strategy)
    stopped_at(machine, step)
    heir = an_heir(machine, tmp_path)
    heir.store.accept(heir.store.record(ID).migration, ("SPOOL_MISSING",))

    ended = heir.roll_back() if back else heir.resume()

    assert ended.exit == (Exit.ROLLED_BACK if back else Exit.DONE), (ended.what, ended.why)
    check_as_it_was(heir) if back else check_moved(heir)
    assert machine.heroku.writes.count("add") == 1


def bridging(folder: Path) -> Machine:
    return a_machine(folder, "bridge", bridge_workers={"worker": 2})


def test_one_off_workers_take_from_the_new_broker_until_the_switch_and_show_no_url(tmp_path: Path) -> None:
    machine = bridging(tmp_path)
    stopped_at(machine, "drain")

    commands = [dyno.command for dyno, _ in machine.heroku.one_offs]

    assert [mark_in(dyno) for dyno, _ in machine.heroku.one_offs] == [
        f"{ID}:bridge-worker.1:1",
        f"{ID}:bridge-worker.2:1",
    ]
    assert all(command.startswith(f'env {READ}="${WRITE}" MIGRATE_PLAN_DRAIN=') for command in commands)
    assert len(machine.heroku.broker_of(NEW).consumers()) == 2
    assert len(machine.heroku.broker_of(OLD).consumers()) == 1
    assert machine.resume().exit == Exit.DONE
    assert machine.heroku.one_offs == []
    check_moved(machine)


@pytest.mark.parametrize("step", ["bridge-workers", "drain", "bridge-off", "verify", "bridge-workers-off"])
def test_undone_none_of_them_is_left_and_each_was_at_rest(tmp_path: Path, step: str) -> None:
    machine = bridging(tmp_path)
    stopped_at(machine, step)
    touched: list[str] = []
    machine.heroku.broker_of(NEW).on_touch = touched.append
    there = {f"worker@{dyno.id}" for dyno, _ in machine.heroku.one_offs}

    assert machine.roll_back().exit == Exit.ROLLED_BACK

    assert machine.heroku.one_offs == []
    assert there <= set(touched)
    check_as_it_was(machine)


def test_one_that_has_ended_is_started_anew_by_the_next_process(tmp_path: Path) -> None:
    machine = bridging(tmp_path)
    stopped_at(machine, "drain")
    machine.clock.sleep(60)
    machine.heroku.lose_dyno("run.1001")

    stopped_at_next(machine, "drain")

    assert [mark_in(dyno) for dyno, _ in machine.heroku.one_offs] == [
        f"{ID}:bridge-worker.2:1",
        f"{ID}:bridge-worker.1:2",
    ]


def test_given_up_it_says_which_of_them_run(tmp_path: Path) -> None:
    machine = bridging(tmp_path)
    stopped_at(machine, "drain")

    typed = abandon(machine.store, machine.store.record(ID), machine.clock).next

    assert {f"heroku ps:stop -d run.100{number} --app shop" for number in (1, 2)} <= set(typed)


def test_another_machine_without_the_store_knows_them(tmp_path: Path) -> None:
    machine = bridging(tmp_path)
    stopped_at(machine, "drain")
    heir = an_heir(machine, tmp_path)

    assert heir.resume().exit == Exit.DONE

    assert [write for write in machine.heroku.writes if write.startswith("run")] == [
        f"run {ID}:bridge-worker.1:1",
        f"run {ID}:bridge-worker.2:1",
    ]
    assert machine.heroku.one_offs == []


@pytest.mark.parametrize("survive", [True, False])
@pytest.mark.parametrize(("strategy", "write"), [("bridge", "set bridge"), ("side-by-side", "set eager")])
def test_a_diverting_release_that_fails_can_be_tried_again_whether_or_not_its_variables_survive(
    tmp_path: Path, strategy: str, write: str, *, survive: bool
) -> None:
    machine = a_machine(tmp_path, strategy)
    machine.heroku.fails, machine.heroku.failed_changes_survive = {write}, survive
    assert machine.begin().code == "RELEASE_FAILED"
    machine.heroku.fails = set()
    # Somebody's deploy brings what survived.
    machine.heroku.patch_config_vars("shop", {"MOTD": "hello"})
    machine.clock.sleep(5)

    resumed = machine.resume()

    assert resumed.exit == Exit.DONE, (resumed.what, resumed.why)
    assert not DIVERTED[strategy] & machine.heroku.config.keys()


@pytest.mark.parametrize("strategy", TWO)
@pytest.mark.parametrize("survive", [True, False])
def test_a_diverting_release_that_fails_can_be_undone(tmp_path: Path, strategy: str, *, survive: bool) -> None:
    machine = a_machine(tmp_path, strategy)
    machine.heroku.fails = {"set bridge", "set eager"}
    machine.heroku.failed_changes_survive = survive
    assert machine.begin().code == "RELEASE_FAILED"
    machine.heroku.fails = set()

    undone = machine.roll_back()

    assert undone.exit == Exit.ROLLED_BACK, (undone.what, undone.why)
    check_as_it_was(machine)
    assert not DIVERTED[strategy] & machine.heroku.requested.keys()


@pytest.mark.parametrize("survive", [True, False])
@pytest.mark.parametrize(("strategy", "write"), [("side-by-side", "unset eager"), ("bridge", "unset bridge")])
def test_an_end_that_failed_on_the_way_there_is_no_dead_end_on_the_way_back(
    tmp_path: Path, strategy: str, write: str, *, survive: bool
) -> None:
    machine = a_machine(tmp_path, strategy)
    machine.heroku.fails, machine.heroku.failed_changes_survive = {write}, survive
    assert machine.begin().code == "RELEASE_FAILED"
    machine.heroku.fails = set()

    undone = machine.roll_back()

    assert undone.exit == Exit.ROLLED_BACK, (undone.what, undone.why)
    check_as_it_was(machine)
