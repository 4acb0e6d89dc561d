from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.sandbox.rehearsal.judgement import judge, wait_until_settled
from migrate.sandbox.rehearsal.ledger import Ledger

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

ROOT = str(Path(__file__).parents[3])
WRITER = """
import itertools, sys; from pathlib import Path; from migrate.sandbox.rehearsal.ledger import Ledger
ledger, name = Ledger(Path(sys.argv[1])), sys.argv[2]
for number in itertools.count() if sys.argv[3] == "on" else range(int(sys.argv[3])):
    ledger.handed(f"{name}-{number}", "single.only", "x" * 400)
    with ledger.running(f"{name}-{number}", "worker"): pass
"""


def writer(path: Path, name: str, number: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITER, str(path), name, number]
    return subprocess.Popen(command, env={"PYTHONPATH": ROOT})


def test_processes_that_write_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    writers = [writer(path, name, "300") for name in "abc"]

    assert [process.wait(30) for process in writers] == [0, 0, 0]
    judgement = judge(path)
    assert (judgement.handed_over, judgement.executed) == (900, 900)
    assert judgement.clean


def test_what_was_written_before_a_kill_stays_and_what_comes_after_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    victim = writer(path, "victim", "on")
    while not path.exists() or path.stat().st_size < 100_000:
        time.sleep(0.01)
    victim.send_signal(signal.SIGKILL)
    victim.wait(30)
    before = judge(path)
    assert writer(path, "next", "10").wait(30) == 0

    after = judge(path)

    assert after.executed == before.executed + 10
    assert len(after.lost) <= 1
    assert after.unknown == after.torn == ()


@pytest.mark.parametrize("rest", [b'\n{"what": "finis', b"\n{", b'\n"text"', b"\n17", b"\n\xff\xfe"])
def test_a_torn_record_hides_no_other_and_is_never_clean(tmp_path: Path, rest: bytes) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.handed("t", "single.only", "single-1")
    with ledger.path.open("ab") as stream:
        stream.write(rest)
    torn_at_the_end = judge(ledger.path)
    with ledger.running("t", "worker"):
        pass

    judgement = judge(ledger.path)

    assert torn_at_the_end.lost == ("t",)
    assert (judgement.executed, judgement.lost) == (1, ())
    assert len(judgement.torn) == 1
    assert not judgement.clean


def test_a_full_disk_is_an_error_and_not_a_shorter_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    monkeypatch.setattr("os.write", lambda _, data: len(data) - 1)

    with pytest.raises(OSError, match="cut short"):
        ledger.handed("t", "single.only", "single-1")


FATES = {
    "executed": ("handed", "started", "finished"),
    "retried": ("handed", "started", "retried", "started", "finished"),
    "lost": ("handed",),
    "killed": ("handed", "started"),
    "doubled": ("handed", "started", "finished", "started", "finished"),
    "refused": ("handed", "refused"),
    "refused, yet executed": ("handed", "refused", "started", "finished"),
    "stray": ("started", "finished"),
}


@settings(max_examples=60)
@given(st.lists(st.sampled_from(sorted(FATES)), max_size=30), st.randoms(use_true_random=False))
def test_every_fate_is_counted_right_in_any_order(fates: list[str], chance: random.Random) -> None:
    lives = [[(what, f"t{n}") for what in FATES[fate]] for n, fate in enumerate(fates)]
    with tempfile.TemporaryDirectory() as directory:
        ledger = Ledger(Path(directory) / "ledger.jsonl")
        while lives := [life for life in lives if life]:
            what, task_id = chance.choice(lives).pop(0)
            extra = {"name": "single.only", "canvas": "c", "where": "worker"}
            ledger._append({"what": what, "id": task_id} | extra)
        judgement = judge(ledger.path)

    of = {fate: {f"t{n}" for n, other in enumerate(fates) if other == fate} for fate in FATES}
    assert set(judgement.lost) == of["lost"] | of["killed"]
    assert set(judgement.doubled) == of["doubled"]
    assert set(judgement.unknown) == of["stray"]
    assert set(judgement.refused) == of["refused"]
    assert judgement.handed_over == len(fates) - len(of["refused"]) - len(of["stray"])
    assert judgement.handed_over == judgement.executed + len(judgement.lost)


@dataclass
class FakeClock:
    """Moves when somebody sleeps, and then does what was arranged for that time."""

    seconds: float = 0.0
    arranged: dict[float, Callable[[], None]] = field(default_factory=dict)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, tz=UTC)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        for due in [when for when in self.arranged if when <= self.seconds]:
            self.arranged.pop(due)()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.handed("t", "single.only", "single-1")
    return ledger


def executes(ledger: Ledger) -> Callable[[], None]:
    def execute() -> None:
        with ledger.running("t", "worker"):
            pass

    return execute


def test_a_slow_task_is_waited_for_however_long_the_silence(ledger: Ledger) -> None:
    clock = FakeClock(arranged={20.0: executes(ledger)})

    judgement = wait_until_settled(ledger.path, quiet=3, deadline=60, clock=clock)

    assert judgement.clean
    assert 23 <= clock.seconds < 24


def test_a_second_delivery_within_the_quiet_time_is_seen(ledger: Ledger) -> None:
    clock = FakeClock(arranged={1.0: executes(ledger), 3.5: executes(ledger)})

    assert wait_until_settled(ledger.path, quiet=3, deadline=60, clock=clock).doubled == ("t",)


def test_a_task_that_does_not_come_back_is_lost_at_the_deadline(ledger: Ledger) -> None:
    clock = FakeClock()

    assert wait_until_settled(ledger.path, quiet=3, deadline=10, clock=clock).lost == ("t",)
    assert 10 <= clock.seconds < 11
