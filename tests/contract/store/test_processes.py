"""Real processes on one store: who gets an app, who takes over from whom, and what a killed one has written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import fakes
import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Machine

from migrate.errors import AppHeld
from migrate.exits import Exit
from migrate.store.records import LEASE_SECONDS, Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.shared_store import SharedStore

PROGRAM = Path(__file__).with_name("store_process.py")


class Process:
    """One that runs the program beside this file."""

    def __init__(self, url: str) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(fakes.__file__).parents[1]), "STORE_URL": url},
        )

    def tell(self, line: str) -> None:
        assert self._popen.stdin
        self._popen.stdin.write(f"{line}\n")
        self._popen.stdin.flush()

    def said(self) -> str:
        assert self._popen.stdout
        return self._popen.stdout.readline().strip()

    def kill(self) -> str:
        """End it with SIGKILL; return what it had said before."""
        self._popen.kill()
        # communicate() would pass by what readline() has read ahead.
        with self._popen as popen:
            assert popen.stdout
            return "" if popen.stdout.closed else popen.stdout.read()


@pytest.fixture
def processes(store_url: str) -> Iterator[tuple[Process, Process]]:
    with ExitStack() as stack:
        pair = Process(store_url), Process(store_url)
        for process in pair:
            stack.callback(process.kill)
        assert [process.said() for process in pair] == ["open", "open"]
        yield pair


@pytest.fixture
def machine(shared: SharedStore) -> Iterator[Machine]:
    machine = Machine(shared.url, FakeHeroku(), shared.clock)
    with closing(shared):
        yield machine
    machine.store.engine.dispose()


def test_processes_may_open_a_new_store_at_once(store_url: str) -> None:
    with ExitStack() as stack:
        processes = [Process(store_url) for _ in range(4)]
        for process in processes:
            stack.callback(process.kill)
        assert [process.said() for process in processes] == ["open"] * 4


def test_of_two_processes_that_reach_for_an_app_at_once_exactly_one_gets_it(
    processes: tuple[Process, Process],
) -> None:
    for number in range(20):
        for process in processes:
            process.tell(f"take app-{number}")

        assert sorted(process.said() for process in processes) == ["held", "refused"]


def test_a_holder_that_is_killed_on_this_machine_is_replaced_at_once(
    processes: tuple[Process, Process], machine: Machine
) -> None:
    processes[0].tell("take shop")
    assert processes[0].said() == "held"
    with pytest.raises(AppHeld):
        machine.begin()

    processes[0].kill()

    assert machine.begin().exit == Exit.DONE


def test_a_holder_on_another_machine_is_replaced_when_its_lease_has_run_out(
    shared: SharedStore, machine: Machine
) -> None:
    machine.store.take_lease("shop", "mig-222222", "ann@laptop (001122334455) pid 1")
    shared.pass_time(LEASE_SECONDS - 10)
    with pytest.raises(AppHeld):
        machine.begin()

    shared.pass_time(11)

    assert machine.begin().exit == Exit.DONE


def test_what_a_killed_process_was_told_is_written_is_there_and_the_next_goes_on_behind_it(
    processes: tuple[Process, Process], shared: SharedStore
) -> None:
    writer, successor = processes
    writer.tell("write mig-7f3k2q")
    said = [writer.said() for _ in range(5)] + writer.kill().split()

    written = [entry.body["number"] for entry in shared.here.entries("mig-7f3k2q")]
    assert written == list(range(len(written)))
    assert len(said) <= len(written) <= len(said) + 1
    successor.tell("write mig-333333")
    assert successor.said() == "0"


def test_a_record_that_two_processes_write_until_they_are_killed_is_whole(
    processes: tuple[Process, Process], shared: SharedStore
) -> None:
    for process in processes:
        process.tell("record mig-7f3k2q")
    said = [len([process.said() for _ in range(8)] + process.kill().split()) for process in processes]

    recorded = shared.here.events.read("mig-7f3k2q")
    assert [item.sequence for item in recorded] == list(range(len(recorded)))
    # Each batch whole or not at all, and none that was said to be written is missing.
    by_writer = Counter(item.body["of"] for item in recorded)
    assert len(by_writer) == 2
    assert [count % 3 for count in by_writer.values()] == [0, 0]
    assert 3 * sum(said) <= len(recorded) <= 3 * (sum(said) + 2)
    shared.here.events.append("mig-7f3k2q", [Line(shared.clock.now(), "result", {})])
    assert shared.there.events.read("mig-7f3k2q")[-1].sequence == len(recorded)
