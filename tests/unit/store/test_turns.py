from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock

from migrate.errors import StoreUnusable
from migrate.store.engine import PATIENCE_SECONDS
from migrate.store.records import Entry
from migrate.store.store import Store
from migrate.store.together import Together
from migrate.store.turns import Busy, Turns

if TYPE_CHECKING:
    from pathlib import Path

THREADS = 60
LINES = 5


def test_many_threads_write_their_journals_at_once_and_none_finds_the_store_taken(tmp_path: Path) -> None:
    store, clock = Store(f"sqlite:///{tmp_path / 'store'}", FakeClock()), FakeClock()
    waited = list[float]()

    def write(migration: str) -> int:
        for sequence in range(LINES):
            began = time.monotonic()
            store.append(migration, sequence, Entry(clock.now(), "note", "name", {}))
            waited.append(time.monotonic() - began)
        return len(store.entries(migration))

    with ThreadPoolExecutor(THREADS) as threads:
        written = list(threads.map(write, [f"mig-{number}" for number in range(THREADS)]))

    assert written == [LINES] * THREADS
    assert max(waited) < PATIENCE_SECONDS


def test_whoever_has_waited_long_enough_is_told_who_has_it_and_the_others_go_on() -> None:
    turns, inside, leave = Turns(patience=0.01), threading.Event(), threading.Event()

    def stay() -> None:
        with turns:
            inside.set()
            leave.wait()

    def take() -> None:
        with turns:
            pass

    with ThreadPoolExecutor(2) as threads:
        staying = threads.submit(stay)
        inside.wait()
        with pytest.raises(Busy, match="another thread of this process"):
            threads.submit(take).result()
        leave.set()
        staying.result()
        threads.submit(take).result()


class Interrupted(Exception):
    """Raised by a signal, wherever the main thread is."""


def test_a_main_thread_that_a_signal_ends_anywhere_takes_nobodys_turn_along() -> None:
    turns, together = Turns(patience=5), Together[int](lambda _pieces: None)

    def interrupt(_number: int, _frame: object) -> None:
        raise Interrupted

    def take() -> None:
        with turns:
            together.write(1)

    before = signal.signal(signal.SIGVTALRM, interrupt)
    try:
        for number in range(400):
            with suppress(Interrupted):
                signal.setitimer(signal.ITIMER_VIRTUAL, 0.0001 + number % 20 / 10000)
                while True:
                    take()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)

    with ThreadPoolExecutor(1) as threads:
        threads.submit(take).result(timeout=10)


def test_a_store_that_another_thread_keeps_is_unusable_but_not_said_to_be_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store'}", FakeClock())
    monkeypatch.setattr(store, "_turns", turns := Turns(patience=0.01))

    inside, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with turns:
            inside.set()
            leave.wait()

    with ThreadPoolExecutor(2) as threads:
        threads.submit(stay)
        inside.wait()
        with pytest.raises(StoreUnusable) as error:
            threads.submit(store.newest).result()
        leave.set()

    assert "another thread" in error.value.why
    assert "fuser -v" in error.value.next


def test_a_turn_ends_where_what_was_done_in_it_fails(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store'}", FakeClock())

    with pytest.raises(StoreUnusable), store.transaction():
        raise OSError("no room")

    assert store.newest() is None
