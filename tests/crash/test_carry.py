"""What does not drain is carried over, dumped, discarded or put back; killed anywhere, nothing is lost or doubled."""

from __future__ import annotations

from collections import Counter
from shutil import copy
from typing import TYPE_CHECKING, Any

import amqp
import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine

from migrate import fault_points
from migrate.brokers.report import QueueCount
from migrate.carry import giving
from migrate.carry.spool import Spool
from migrate.drain.leftovers import Leftovers, decided_anew
from migrate.errors import UsageError
from migrate.events import StepNoted
from migrate.exits import Exit
from migrate.store.journal import Journal
from migrate.ways.closing import abandon

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migrate.events import Result

pytestmark = pytest.mark.crash

WRITES = ["set eager", "scale worker=0", "remove", "add", "unset eager", "scale worker=1"]


def a_letter(number: int) -> tuple[bytes, bytes]:
    properties = amqp.Message(b"", application_headers={"id": f"task-{number}", "task": "shop.tasks.send"})
    return properties._serialize_properties(), f"[{number}]".encode()


LETTERS = [a_letter(number) for number in range(5)]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving, "_BATCH", 2)
    monkeypatch.setattr(giving, "_UNDER_WAY", 1)


def a_machine(folder: Path, leftovers: str = "carry", **changes: Any) -> Machine:
    machine = Machine("", FakeHeroku(), changes={"leftovers": leftovers, **changes}, spools=folder)
    machine.heroku.broker_of("cloudamqp-old-1").ready = 3
    old(machine).messages = list(LETTERS)
    return machine


def arrive(machine: Machine) -> None:
    old(machine).messages = list(LETTERS)


def old(machine: Machine) -> Any:
    return machine.heroku.broker_of("cloudamqp-old-1").mover


def new(machine: Machine) -> Any:
    return machine.heroku.broker_of("cloudamqp-mig-7f3k2q").mover


def process(machine: Machine, run: Callable[[], Result], point: str, time: int = 1) -> Result | None:
    """Run one process; it dies the given time that it reaches the point. Returns None for a dead one."""
    times = [time]

    def die(reached: str) -> None:
        times[0] -= reached == point
        if reached == point and not times[0]:
            raise Killed

    try:
        with fault_points.armed(die):
            return run()
    except Killed:
        machine.store.leases.clear()  # as on one machine, where a dead process is known to be dead
        return None


def points(folder: Path) -> list[tuple[str, int]]:
    """Every point that an undisturbed run reaches from the carrying out on, with each of its first times."""
    reached: Counter[str] = Counter()
    order: list[tuple[str, int]] = []

    def note(point: str) -> None:
        reached[point] += 1
        order.append((point, reached[point]))

    with fault_points.armed(note):
        assert a_machine(folder).begin().exit == Exit.DONE
    own = order[order.index(("drain: after done", 1)) :]
    return [(point, time) for point, time in own if time <= (4 if point.startswith("mover") else 1)]


def check_carried(machine: Machine, folder: Path) -> None:
    assert new(machine).messages == LETTERS
    assert new(machine).declared is not None
    assert old(machine).messages == []
    assert machine.heroku.writes == WRITES
    assert machine.heroku.quantities == {"web": 1, "worker": 1}
    assert machine.state == "done"
    assert list(folder.glob("*.sqlite3")) == []


def test_what_does_not_drain_is_carried_over_and_the_workers_come_back(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)

    result = machine.begin()

    assert result.exit == Exit.DONE
    assert "spool" not in result.state
    check_carried(machine, tmp_path)


def test_a_newer_broker_gets_the_queue_without_what_it_refuses(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)
    machine.heroku.broker_of("cloudamqp-old-1").arguments = {"x-max-priority": 9, "x-queue-mode": "lazy"}

    def run_the_newest(write: str) -> None:
        if write == "add":
            machine.heroku.broker_of("cloudamqp-mig-7f3k2q").runs = "4.3.1"

    machine.heroku.after = run_the_newest

    assert machine.begin().exit == Exit.DONE

    assert new(machine).declared.arguments == {"x-max-priority": 9}
    assert any("without x-queue-mode" in event.text for event in machine.events if isinstance(event, StepNoted))


def test_killed_at_any_point_the_next_process_loses_and_doubles_nothing(tmp_path: Path) -> None:
    every = points(tmp_path / "undisturbed")
    assert {"carry-out", "carry-in", "mover", "workers-down"} <= {point.partition(": ")[0] for point, _ in every}

    for number, (point, time) in enumerate(every):
        folder = tmp_path / str(number)
        machine = a_machine(folder)
        assert process(machine, machine.begin, point, time) is None, point
        result = machine.resume()
        assert result.exit == Exit.DONE, (point, time, result)
        check_carried(machine, folder)


def test_killed_again_and_again_while_it_moves_messages_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    for point in ("mover: kept", "mover: acknowledged", "mover: before put", "mover: put", "mover: confirmed"):
        folder = tmp_path / point.replace(" ", "-")
        machine = a_machine(folder)
        ended = process(machine, machine.begin, point)
        deaths = 0
        while ended is None:
            deaths += 1
            assert deaths < 10, point
            ended = process(machine, machine.resume, point, time=2)
        assert deaths > 1, point
        check_carried(machine, folder)


def test_what_a_killed_process_has_sent_may_arrive_a_moment_after_it_is_looked_for(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)
    assert process(machine, machine.begin, "mover: put") is None
    sent = list(new(machine).messages)
    assert sent
    new(machine).messages, new(machine).on_its_way = [], sent

    assert machine.resume().exit == Exit.DONE

    assert sorted(new(machine).messages + new(machine).on_its_way) == sorted(LETTERS)


def test_dynos_that_drain_end_before_what_is_left_is_taken(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, drain_by="dynos")

    assert machine.begin().exit == Exit.DONE

    writes = [write.partition(" run.")[0] for write in machine.heroku.writes]
    assert writes.index("remove") > max(number for number, write in enumerate(writes) if write.startswith("stop"))
    assert new(machine).messages == LETTERS
    assert machine.heroku.quantities == {"web": 1, "worker": 1}


def test_killed_while_dynos_drain_and_messages_move_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    for point in ("carry-out: in wait", "mover: kept", "mover: acknowledged", "carry-out: before done", "mover: put"):
        machine = a_machine(tmp_path / point.replace(" ", "-"), drain_by="dynos")
        assert process(machine, machine.begin, point) is None, point
        assert machine.resume().exit == Exit.DONE, point
        assert new(machine).messages == LETTERS


def test_a_drain_that_ends_empty_leaves_the_workers_alone(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)
    old(machine).messages = []

    assert machine.begin().exit == Exit.DONE

    assert machine.heroku.writes == ["set eager", "remove", "add", "unset eager"]
    assert list(tmp_path.iterdir()) == []


def test_what_is_dumped_stays_in_the_spool_and_goes_nowhere(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, "dump")

    result = machine.begin()

    assert result.exit == Exit.DONE
    assert f"5 of its messages are in the spool {tmp_path / 'mig-7f3k2q.sqlite3'}" in result.state
    assert new(machine).messages == []
    (queue,) = Spool(tmp_path / "mig-7f3k2q.sqlite3").queues()
    assert (queue.name, queue.waiting) == ("letters", 5)
    assert queue.shape.arguments == {"x-max-priority": 9}


def test_exactly_as_many_as_were_said_are_discarded_or_none(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, "discard", discard_count=4)

    refused = machine.begin()

    assert refused.code == "DISCARD_COUNT_WRONG"
    assert old(machine).messages == LETTERS
    assert "--discard-count 5" in refused.next[0]
    machine.store.amend(
        decided_anew(machine.store.record("mig-7f3k2q").migration, journal(machine), Leftovers("discard", 5))
    )
    assert machine.resume().exit == Exit.DONE
    assert new(machine).messages == []


def test_killed_in_the_middle_of_a_discard_the_count_is_still_that_of_all(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, "discard", discard_count=5)

    assert process(machine, machine.begin, "mover: acknowledged") is None

    assert machine.resume().exit == Exit.DONE
    assert old(machine).messages == []


@pytest.mark.parametrize("leftovers", ["carry", "dump"])
@pytest.mark.parametrize("point", ["mover: kept", "mover: acknowledged", "carry-out: after done"])
def test_on_the_way_back_all_that_was_taken_returns_to_the_old_broker(
    tmp_path: Path, leftovers: str, point: str
) -> None:
    machine = a_machine(tmp_path, leftovers)
    assert process(machine, machine.begin, point) is None

    result = machine.roll_back()

    assert result.exit == Exit.ROLLED_BACK
    assert Counter(old(machine).messages) == Counter(LETTERS)
    assert machine.heroku.quantities == {"web": 1, "worker": 1}
    assert list(tmp_path.glob("*.sqlite3")) == []


def test_a_new_broker_that_takes_nothing_leaves_an_app_that_works_and_every_task_on_the_disk(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)
    assert process(machine, machine.begin, "eager-off: after done") is None
    new(machine).refuses = True

    stopped = machine.resume()

    assert (stopped.code, stopped.exit) == ("CARRY_REFUSED", Exit.RESUMABLE)
    assert "5 of its messages are in the spool" in stopped.state
    assert machine.heroku.writes[-1] == "unset eager"
    new(machine).refuses = False
    assert machine.resume().exit == Exit.DONE
    check_carried(machine, tmp_path)


def test_a_queue_that_is_gone_after_it_was_filled_is_said_and_the_spool_is_kept(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)
    assert process(machine, machine.begin, "eager-off: after done") is None
    new(machine).vanishes = True

    assert machine.resume().exit == Exit.DONE

    notes = [event.text for event in machine.events if isinstance(event, StepNoted)]
    assert any("letters is not there any more, and 5 were put there" in text for text in notes)
    (queue,) = Spool(tmp_path / "mig-7f3k2q.sqlite3").queues()
    assert queue.messages == 5


def test_a_queue_that_has_messages_and_gives_none_is_not_waited_for_without_end(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)
    old(machine).gives = False

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "WAIT_EXPIRED")
    assert "letters has messages and delivers none" in stopped.why
    assert old(machine).messages == LETTERS
    old(machine).gives = True
    assert machine.resume().exit == Exit.DONE
    check_carried(machine, tmp_path)


def test_before_anything_is_taken_it_is_said_that_a_queue_cannot_be_emptied(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)
    machine.heroku.broker_of("cloudamqp-old-1").others = (QueueCount("shop_celery_delayed_3", 1, 0),)

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE, "CARRY_REFUSED")
    assert "shop_celery_delayed_3" in stopped.what
    assert old(machine).messages == LETTERS
    assert "remove" not in machine.heroku.writes


def test_a_machine_without_the_spool_says_where_it_is_and_does_not_go_on(tmp_path: Path) -> None:
    machine = a_machine(tmp_path / "here")
    assert process(machine, machine.begin, "eager-off: after done") is None
    machine.spools = tmp_path / "elsewhere"

    stopped = machine.resume()

    assert stopped.code == "SPOOL_MISSING"
    assert str(tmp_path / "here") in stopped.why
    assert "5 messages" in stopped.what
    machine.spools.mkdir()
    copy(tmp_path / "here" / "mig-7f3k2q.sqlite3", machine.spools)
    assert machine.resume().exit == Exit.DONE
    assert new(machine).messages == LETTERS


def test_an_older_copy_of_the_spool_is_not_published_a_second_time(tmp_path: Path) -> None:
    machine = a_machine(tmp_path / "here")
    assert process(machine, machine.begin, "eager-off: after done") is None
    (tmp_path / "copy").mkdir()
    copy(tmp_path / "here" / "mig-7f3k2q.sqlite3", tmp_path / "copy")
    assert process(machine, machine.resume, "mover: confirmed", 2) is None
    machine.spools = tmp_path / "copy"

    stopped = machine.resume()

    assert stopped.code == "SPOOL_MISSING"
    assert "before it was last used" in stopped.why


def test_who_gives_up_is_told_how_to_get_the_tasks_out(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)
    assert process(machine, machine.begin, "carry-out: after done") is None

    result = abandon(machine.store, machine.store.record("mig-7f3k2q"), machine.clock)

    assert any(command.startswith("migrate-plan spool export mig-7f3k2q") for command in result.next)


def test_there_is_no_waiting_for_what_has_been_taken_already(tmp_path: Path) -> None:
    machine = a_machine(tmp_path)
    assert process(machine, machine.begin, "mover: acknowledged") is None
    migration = machine.store.record("mig-7f3k2q").migration

    with pytest.raises(UsageError):
        decided_anew(migration, journal(machine), Leftovers("wait"))


def test_leftovers_that_are_not_decided_about_stay_in_the_old_broker(tmp_path: Path) -> None:
    machine = a_machine(tmp_path, "wait")
    old(machine).messages = []
    machine.heroku.after = lambda write: arrive(machine) if write == "set eager" else None

    stopped = machine.begin()

    assert stopped.code == "NOT_DRAINED"
    assert old(machine).messages == LETTERS
    machine.store.amend(
        decided_anew(machine.store.record("mig-7f3k2q").migration, journal(machine), Leftovers("carry"))
    )
    assert machine.resume().exit == Exit.DONE
    check_carried(machine, tmp_path)


def journal(machine: Machine) -> Journal:
    return Journal(machine.store, "mig-7f3k2q", machine.clock)
