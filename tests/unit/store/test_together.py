from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock

from migrate.errors import AppHeld, StoreUnusable
from migrate.store.records import Entry, Line
from migrate.store.store import Store
from migrate.store.together import Together

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

PIECES = tuple(range(20))


class Disk:
    """What is written to; the first write takes until all others wait."""

    def __init__(self, refuse: Callable[[Sequence[int]], None] = lambda _pieces: None) -> None:
        self.writes: list[tuple[int, ...]] = []
        self.refuse = refuse
        self.together = Together(self.write_all)

    def write_all(self, pieces: Sequence[int]) -> None:
        while not self.writes and len(self.together._waiting) < len(PIECES) - 1:
            threading.Event().wait(0.001)
        self.writes.append(tuple(pieces))
        self.refuse(pieces)


def written(disk: Disk) -> dict[int, BaseException | None]:
    """Return what came of each piece when all were written at once."""
    with ThreadPoolExecutor(len(PIECES)) as threads:
        futures = {piece: threads.submit(disk.together.write, piece) for piece in PIECES}
        return {piece: future.exception() for piece, future in futures.items()}


def test_what_comes_while_others_are_written_is_written_at_once_after_them() -> None:
    disk = Disk()

    assert set(written(disk).values()) == {None}

    first, *others = disk.writes
    assert len(first) == 1
    assert [len(pieces) for pieces in others] == [len(PIECES) - 1]
    disk.together.write(7)
    assert disk.writes[-1] == (7,), "nobody is waited for"


def test_one_that_may_not_be_written_keeps_none_of_the_others_from_it() -> None:
    def refuse(pieces: Sequence[int]) -> None:
        if 13 in pieces:
            raise AppHeld("Another process works on 13 too.")

    found = written(Disk(refuse))

    assert isinstance(found.pop(13), AppHeld)
    assert set(found.values()) == {None}


def test_where_the_disk_fails_each_of_them_is_told_and_the_next_ones_are_written() -> None:
    def refuse(pieces: Sequence[int]) -> None:
        if len(pieces) > 1:
            raise StoreUnusable("The store cannot be used.")

    disk = Disk(refuse)
    found = [error for error in written(disk).values() if error]

    assert len(found) == len(PIECES) - 1
    assert all(isinstance(error, StoreUnusable) for error in found)
    disk.together.write(7)


def test_where_writing_breaks_off_nobody_waits_for_ever_and_nobody_takes_it_for_written() -> None:
    def refuse(pieces: Sequence[int]) -> None:
        if len(pieces) > 1:
            raise RuntimeError("a fault of our own")

    found = [error for error in written(Disk(refuse)).values() if error]

    assert sorted(type(error).__name__ for error in found) == ["RuntimeError"] + ["StoreUnusable"] * (len(PIECES) - 2)


def test_where_writing_breaks_off_among_those_that_are_written_for_themselves_the_rest_is_told_as_well() -> None:
    def refuse(pieces: Sequence[int]) -> None:
        if len(pieces) > 1:
            raise AppHeld("Another process works on one of them too.")
        if len(disk.writes) == len(PIECES) // 2:
            raise RuntimeError("a fault of our own")

    disk = Disk(refuse)
    found = written(disk)

    good = {piece for piece, error in found.items() if error is None}
    reached = {pieces[0] for pieces in disk.writes[:-1] if len(pieces) == 1}
    # The thread that wrote for all has the fault, whatever became of its own piece.
    assert (good <= reached, len(reached - good)) == (True, 1)
    assert {type(error) for error in found.values() if error} == {RuntimeError, StoreUnusable}


def test_a_line_that_another_process_has_written_stops_that_migration_alone(tmp_path: Path) -> None:
    store, clock = Store(f"sqlite:///{tmp_path / 'store'}", FakeClock()), FakeClock()
    entry = Entry(clock.now(), "note", "name", {})
    store.append("mig-13", 0, entry)

    def outcome(number: int) -> str:
        try:
            store.append(f"mig-{number}", 0, entry)
        except AppHeld as held:
            return held.what
        return ""

    with ThreadPoolExecutor(len(PIECES)) as threads:
        found = dict(zip(PIECES, threads.map(outcome, PIECES), strict=True))

    assert found.pop(13) == "Another process works on mig-13 too."
    assert set(found.values()) == {""}
    assert all(len(store.entries(f"mig-{number}")) == 1 for number in PIECES)


def test_events_of_many_migrations_are_numbered_each_for_itself(tmp_path: Path) -> None:
    store, clock = Store(f"sqlite:///{tmp_path / 'store'}", FakeClock()), FakeClock()

    def record(number: int) -> list[int]:
        for _ in range(3):
            store.events.append(f"mig-{number}", [Line(clock.now(), "api.call", {"number": number})] * 2)
        return [item.sequence for item in store.events.read(f"mig-{number}") if item.body == {"number": number}]

    with ThreadPoolExecutor(len(PIECES)) as threads:
        assert list(threads.map(record, PIECES)) == [list(range(6))] * len(PIECES)


@pytest.mark.parametrize("pieces", [1, 2])
def test_a_piece_is_written_once_and_before_its_thread_goes_on(pieces: int) -> None:
    seen = list[int]()
    together = Together[int](seen.extend)

    for piece in range(pieces):
        together.write(piece)
        assert seen == list(range(piece + 1))
