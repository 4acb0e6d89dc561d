"""What a migration leaves behind in the store, whatever befalls the store meanwhile."""

from __future__ import annotations

import io
import json
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from fakes.clock import FakeClock
from fakes.facts import healthy_facts, previewed
from sqlalchemy.event import listens_for

from migrate.clock import SystemClock
from migrate.errors import StoreUnusable
from migrate.events import ApiCalled, RecordIncomplete, StepNoted, StepStarted, StepWaiting
from migrate.listeners import recorder as recorder_module
from migrate.listeners.json_lines import JsonLines
from migrate.listeners.recorder import Recorder
from migrate.secrets import Secret
from migrate.store.event_log import EventLog
from migrate.store.records import Entry, Line
from migrate.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ID = "mig-7f3k2q"
CANARY = 'Canary"p@ss/wörd'
FULL = "The store cannot be used. database or disk is full"


class Paper:
    """Keeps what it is given, unless it is full; stands for the table."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.full = False
        self.hung = threading.Event()
        self.hung.set()
        self.attempts = 0

    def append(self, _migration: str, lines: Sequence[Line]) -> None:
        self.attempts += 1
        self.hung.wait(30)
        if self.full:
            raise StoreUnusable("The store cannot be used.", why="database or disk is full")
        self.lines += lines

    def types(self) -> list[str]:
        return [line.type for line in self.lines]


class Desk:
    """A recorder with what it writes on and what it says."""

    def __init__(self) -> None:
        self.paper: Any = Paper()
        self.said: list[str] = []
        self.clock = FakeClock()
        self.recorder = Recorder(self.paper, self.clock, self.said.append)

    def note(self, number: int) -> None:
        self.recorder.hear(StepNoted("drain", f"number {number}"), ID)

    def until(self, attempts: int) -> None:
        for _ in range(1000):
            if self.paper.attempts >= attempts:
                return
            time.sleep(0.005)
        pytest.fail("the recorder does not write")


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.paper.hung.set()
    desk.recorder.close()


@contextmanager
def recording(path: Path) -> Iterator[tuple[Recorder, EventLog]]:
    clock = FakeClock()
    store = Store(f"sqlite:///{path / 'store.sqlite3'}", clock)
    recorder = Recorder(EventLog(store), clock, pytest.fail)
    yield recorder, EventLog(store)
    recorder.close()


def test_an_event_is_recorded_as_json_lines_write_it(tmp_path: Path) -> None:
    event, stream = StepStarted("drain", "Wait"), io.StringIO()
    JsonLines(stream, FakeClock()).hear(event, ID)
    with recording(tmp_path) as (recorder, log):
        recorder.hear(event, ID)
        recorder.close()

        (recorded,) = log.read(ID)

    assert (recorded.sequence, recorded.type, recorded.at) == (0, "step.started", FakeClock().now())
    assert recorded.body == json.loads(stream.getvalue())


def test_what_comes_before_the_migration_has_an_id_is_recorded_with_it(desk: Desk) -> None:
    desk.recorder.hear(previewed(healthy_facts()), "")
    desk.clock.sleep(60)
    desk.recorder.hear(StepStarted("preflight", "Read"), ID)
    desk.recorder.close()

    assert desk.paper.types() == ["preview", "step.started"]
    assert [line.body["migration"] for line in desk.paper.lines] == [ID, ID]
    assert (desk.paper.lines[1].at - desk.paper.lines[0].at).total_seconds() == 60


def test_a_command_that_is_about_no_migration_records_nothing(desk: Desk) -> None:
    desk.recorder.hear(ApiCalled("", "GET", "/apps/shop", 200, "", "abc", 0.1, 41), "")
    desk.recorder.close()

    assert desk.paper.attempts == 0


def test_no_secret_is_recorded_in_whatever_spelling(tmp_path: Path) -> None:
    Secret(CANARY)
    with recording(tmp_path) as (recorder, _):
        recorder.hear(StepWaiting("drain", f"{CANARY} {quote(CANARY, safe='')}", {"queues": [{"name": CANARY}]}), ID)
        recorder.hear(ApiCalled("add", "POST", f"/apps/{quote(CANARY)}", 422, CANARY, CANARY, 0.1, None), ID)

    written = (tmp_path / "store.sqlite3").read_bytes()
    assert b"[secret]" in written
    for spelling in ("Canary", "p@ss", "p%40ss", "w\\u00f6rd", "wörd"):
        assert spelling.encode() not in written


def test_a_store_that_takes_nothing_is_told_once_and_stops_nobody(desk: Desk) -> None:
    desk.paper.full = True
    desk.note(0)
    desk.until(attempts=1)
    for number in range(1, 50):
        desk.note(number)
    desk.recorder.close()

    (said,) = desk.said
    assert FULL in said
    assert "goes on" in said


def test_what_could_not_be_written_is_written_once_there_is_room_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "PAUSE_SECONDS", 0.01)
    desk.paper.full = True
    desk.note(0)
    desk.note(1)
    desk.until(attempts=2)
    desk.paper.full = False
    desk.note(2)
    desk.recorder.close()

    assert [line.body["text"] for line in desk.paper.lines] == ["number 0", "number 1", "number 2"]


def test_events_that_did_not_fit_into_memory_are_counted_in_the_record(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "WAITING", 3)
    desk.paper.hung.clear()
    for number in range(8):
        desk.note(number)
    desk.paper.hung.set()
    desk.recorder.close()

    kinds = desk.paper.types()
    assert kinds == ["step.noted"] * 3 + [RecordIncomplete.type]
    assert desk.paper.lines[-1].body["missing"] == 5


def test_a_store_that_hangs_delays_neither_the_run_nor_for_long_its_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "CLOSING_SECONDS", 0.05)
    desk.paper.hung.clear()
    began = time.monotonic()
    for number in range(100):
        desk.note(number)
    desk.recorder.close()

    assert time.monotonic() - began < 20
    assert "in time" in desk.said[0]


def test_of_the_queues_of_a_look_those_with_most_messages_are_kept(desk: Desk) -> None:
    queues = [{"name": f"q{number}", "ready": 100 - number} for number in range(50)]
    desk.recorder.hear(StepWaiting("drain", "many left", {"queues": queues, "messages": 3775}), ID)
    desk.recorder.close()

    detail = desk.paper.lines[0].body["detail"]
    assert [queue["name"] for queue in detail["queues"]] == [f"q{number}" for number in range(10)]
    assert detail["messages"] == 3775


def test_a_slow_disk_that_the_record_keeps_busy_lets_the_journal_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SystemClock()
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite3'}", clock)
    recorder, commits, slowness = Recorder(EventLog(store), clock, pytest.fail), list[str](), [0.3]

    @listens_for(store.engine, "commit")
    def slowly(_connection: object) -> None:
        if threading.current_thread().name == "record":
            commits.append("record")
            time.sleep(slowness[0])

    # Always one more to write, however quick this machine is.
    monkeypatch.setattr(recorder_module, "_BATCH", 1)
    for number in range(60):
        recorder.hear(StepNoted("drain", f"number {number}"), ID)
    while not commits:
        time.sleep(0.01)
    before = len(commits)
    store.append(ID, 0, Entry(clock.now(), "note", "word", {}))

    assert len(commits) - before <= 2, "the record came before the journal again and again"
    slowness[0] = 0
    recorder.close()
