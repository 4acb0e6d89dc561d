"""The store fails at any line of the journal, for real and until the process has ended; then it is mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Machine

from migrate.exits import Exit
from migrate.store.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from migrate.store.records import Entry

pytestmark = pytest.mark.crash

LINES = 31
WRITES = ["set eager", "remove", "add", "unset eager"]


def test_undisturbed_a_journal_has_so_many_lines(tmp_path: Path) -> None:
    machine = Machine(f"sqlite:///{tmp_path / 'store.sqlite3'}", FakeHeroku())

    assert machine.begin().exit == Exit.DONE
    assert len(machine.store.entries("mig-7f3k2q")) == LINES


@pytest.mark.parametrize("line", range(LINES))
def test_whatever_line_is_not_written_the_state_is_told_and_every_call_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: int
) -> None:
    path, aside = tmp_path / "store.sqlite3", tmp_path / "aside"
    machine = Machine(f"sqlite:///{path}", FakeHeroku())
    append = machine.store.append

    def append_or_lose_the_file(migration: str, sequence: int, entry: Entry) -> None:
        if sequence == line and path.is_file():
            path.rename(aside)
            path.mkdir()
        append(migration, sequence, entry)

    monkeypatch.setattr(machine.store, "append", append_or_lose_the_file)
    stopped = machine.begin()
    path.rmdir()
    aside.rename(path)
    monkeypatch.undo()

    changed = Journal(machine.store, "mig-7f3k2q", machine.clock).changed_anything
    assert changed or not machine.heroku.writes
    assert machine.heroku.writes or not machine.heroku.broker_of("cloudamqp-old-1").off
    assert (stopped.exit, stopped.code) == (Exit.RESUMABLE if changed else Exit.FAILED, "STORE_UNUSABLE")
    assert ("Nothing was changed" in stopped.state) != changed
    assert stopped.next[-1] == ("migrate-plan resume mig-7f3k2q" if changed else "migrate-plan --to bunny --app shop")
    assert machine.resume().exit == Exit.DONE
    assert machine.heroku.writes == WRITES
    assert set(machine.heroku.config) == {"CLOUDAMQP_URL"}
