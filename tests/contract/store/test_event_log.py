"""The events of a migration in the store: their order with several writers, and how much room they take."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.heroku import FakeHeroku
from fakes.machine import Machine
from fakes.migrations import a_migration
from msgspec.structs import asdict

from migrate.events import ApiCalled, StepStarted, StepWaiting
from migrate.exits import Exit
from migrate.listeners import recorder as recorder_module
from migrate.listeners.recorder import Recorder
from migrate.store import upgrades
from migrate.store.event_log import EventLog
from migrate.store.journal import Journal
from migrate.store.records import Line, Recorded, State
from migrate.store.schema import metadata
from migrate.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from migrate.events import Event
    from store.shared_store import SharedStore

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ID = "mig-7f3k2q"
HOURS = 3


def line(number: int, kind: str = "step.noted") -> Line:
    return Line(NOON + timedelta(seconds=number), kind, {"text": f"é {number}", "none": None, "list": [1, {}]})


def test_events_come_back_as_they_were_numbered_from_0_over_all_processes(shared: SharedStore) -> None:
    EventLog(shared.here).append(ID, [line(0), line(1)])
    EventLog(shared.there).append(ID, [line(2)])
    EventLog(shared.there).append("mig-222222", [line(3)])

    read = EventLog(shared.here).read(ID)

    assert read == tuple(Recorded(**asdict(line(number)), sequence=number) for number in range(3))


def test_a_follower_reads_on_from_what_it_has(store: Store) -> None:
    log = EventLog(store)
    log.append(ID, [line(number) for number in range(5)])

    assert [item.sequence for item in log.read(ID, after=2)] == [3, 4]
    assert [item.sequence for item in log.read(ID, after=0, limit=2)] == [1, 2]
    assert log.read(ID, after=4) == ()
    assert log.read("mig-222222") == ()


def test_the_newest_event_of_a_type_is_found(store: Store) -> None:
    log = EventLog(store)
    log.append(ID, [line(0, "step.waiting"), line(1, "step.waiting"), line(2)])

    newest = log.last(ID, "step.waiting")

    assert newest is not None
    assert newest.sequence == 1
    assert log.last(ID, "result") is None


def test_many_writers_at_once_lose_nothing_and_leave_no_gap_and_a_follower_misses_none(shared: SharedStore) -> None:
    stores = [shared.open() for _ in range(4)]
    followed: list[int] = []

    def write(number: int) -> None:
        for turn in range(10):
            EventLog(stores[number]).append(ID, [line(100 * number + turn), line(100 * number + turn + 50)])

    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(write, number) for number in range(4)]
        while not all(item.done() for item in writing):
            followed += [item.sequence for item in EventLog(shared.here).read(ID, after=len(followed) - 1)]
        for item in writing:
            item.result()
    followed += [item.sequence for item in EventLog(shared.here).read(ID, after=len(followed) - 1)]

    assert followed == list(range(80))


def test_a_program_of_the_version_before_works_on_while_the_table_is_made(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_events(connection: Connection) -> None:
        for table in metadata.sorted_tables:
            if table.name not in {"events", "fleets", "fleet_apps"}:
                table.create(connection, checkfirst=True)

    with monkeypatch.context() as before:
        before.setattr(upgrades, "SCHEMA_VERSION", 2)
        before.setattr(upgrades, "UPGRADES", upgrades.UPGRADES[:1])
        before.setattr(metadata, "create_all", without_events)
        old = Store(store_url, FakeClock())
    old.create(a_migration())
    with old.engine.begin() as connection:
        assert not old.engine.dialect.has_table(connection, "events")

    present = Store(store_url, FakeClock())
    EventLog(present).append(ID, [line(0)])

    Journal(old, ID, FakeClock()).note("number", {"number": 1})
    assert [entry.name for entry in present.entries(ID)] == ["number"]
    for store in (old, present):
        store.engine.dispose()


def test_a_drain_of_hours_takes_little_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One look a second at fifty queues with ever other figures, and a call to Heroku every 15 s."""
    # Here they come quicker than any disk takes them.
    monkeypatch.setattr(recorder_module, "WAITING", 1_000_000)
    path, clock = tmp_path / "store.sqlite3", FakeClock()
    store = Store(f"sqlite:///{path}", clock)
    empty, recorder = path.stat().st_size, Recorder(EventLog(store), clock, pytest.fail)
    recorder.hear(StepStarted("drain", "Wait until every queue of the old broker is empty"), ID)
    for second in range(HOURS * 3600):
        clock.sleep(1)
        recorder.hear(StepWaiting("drain", f"{50000 - second} messages left", {"queues": queues(second)}), ID)
        if second % 15 == 0:
            call = ApiCalled("drain", "GET", "/apps/shop/dynos", 200, "", 36 * "a", 0.21, 4000 - second // 15)
            recorder.hear(call, ID)
    monkeypatch.setattr(recorder_module, "CLOSING_SECONDS", 60.0)
    recorder.close()

    kept = EventLog(store).read(ID)
    looks = [json.dumps(item.body) for item in kept if item.type == "step.waiting"]
    assert HOURS * 120 < len(looks) < HOURS * 120 + 250
    assert path.stat().st_size - empty < HOURS * 600_000


def queues(second: int) -> list[dict[str, object]]:
    return [
        {
            "name": f"a-queue-with-a-name-{number}",
            "ready": 50000 - second,
            "unacknowledged": 4,
            "consumers": 1,
            "published_per_second": 0.0,
            "delivered_per_second": 3.61,
        }
        for number in range(50)
    ]


def test_a_record_that_breaks_in_the_middle_is_said_once_and_the_migration_ends_well(shared: SharedStore) -> None:
    machine, said = Machine(shared.url, FakeHeroku(), shared.clock), list[str]()
    recorder = Recorder(machine.store.events, shared.clock, said.append)

    def hear(event: Event) -> None:
        recorder.hear(event, ID)
        if isinstance(event, StepStarted) and event.step == "drain":
            with shared.there.transaction() as connection:
                connection.exec_driver_sql("DROP TABLE events")

    machine.on_event = hear

    assert machine.begin().exit == Exit.DONE
    recorder.close()
    assert machine.state == State.DONE
    assert len(said) == 1
    assert "goes on" in said[0]
    machine.store.engine.dispose()
