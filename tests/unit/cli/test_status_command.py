"""``status``, ``status --watch`` and ``history`` on a store that a migration has written."""

from __future__ import annotations

import json
import os
import signal
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fakes.clock import FakeClock
from fakes.migrations import a_migration
from typer.testing import CliRunner

from migrate.cli import watching
from migrate.cli.app import app
from migrate.steps.quiet_release import live
from migrate.store.event_log import EventLog
from migrate.store.journal import Journal
from migrate.store.records import Line, State
from migrate.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ID = "mig-7f3k2q"
HERE = "eve@elsewhere (001122334455) pid 1"


class Desk:
    """A store with a migration in its drain."""

    def __init__(self, path: Path) -> None:
        self.url, self.clock = f"sqlite:///{path}", FakeClock()
        self.store = Store(self.url, self.clock)
        self.log = EventLog(self.store)
        self.store.create(a_migration(attachments=("CLOUDAMQP",)))
        self.journal = Journal(self.store, ID, self.clock)
        for step in ("preflight", "quiesce", "eager-on"):
            self.journal.step_done(step)
        self.journal.intend("eager-on", {"version": 1, "variables": {}})
        self.journal.conclude("eager-on", {"version": 2})
        self.journal.note(live("eager-on"), {"version": 2})
        self.record("step.started", step="drain", title="Wait")
        self.record("step.waiting", step="drain", reason="42 messages left", detail={})

    def record(self, kind: str, **body: object) -> None:
        self.log.append(ID, [Line(self.clock.now(), kind, body)])

    def held(self) -> None:
        self.store.take_lease("shop", ID, HERE)
        with self.store.transaction() as connection:
            later = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
            connection.exec_driver_sql("UPDATE leases SET expires_at = ?", (later,))

    def run(self, *words: str) -> tuple[int, list[dict[str, Any]], str]:
        result = CliRunner().invoke(app, [*words, "--store", self.url])
        lines = [json.loads(text) for text in result.stdout.splitlines()] if "--json" in words else []
        return result.exit_code, lines, result.stdout


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "store.sqlite3")


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have one thing happen after each look of a watch."""

    def meanwhile(*happens: Callable[[], object]) -> None:
        left = list(happens)

        def sleep(_self: object, _seconds: float) -> None:
            left.pop(0)()

        monkeypatch.setattr("migrate.clock.SystemClock.sleep", sleep)

    return meanwhile


def test_status_tells_the_step_its_wait_and_since_when_the_app_is_eager(desk: Desk) -> None:
    code, (read, result), _ = desk.run("status", "--json")

    assert (code, read["step"], read["waiting"]) == (0, "drain", "42 messages left")
    assert read["step_since"] == read["waiting_seen"] == read["eager_since"] == "2026-11-24T12:00:00+00:00"
    assert result["next"][0].startswith(f"migrate-plan resume {ID}")


def test_status_of_a_migration_without_a_record_tells_the_step_alone(desk: Desk) -> None:
    with desk.store.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM events")

    _, (read, _), _ = desk.run("status", "--json")

    assert (read["step"], read["step_since"], read["waiting"]) == ("drain", "", "")


def test_a_wait_of_an_earlier_step_is_not_told_as_this_ones(desk: Desk) -> None:
    desk.journal.step_done("drain")
    desk.record("step.done", step="drain", seconds=1)
    desk.record("step.started", step="remove", title="Remove")

    _, (read, _), _ = desk.run("status", "--json")

    # Before the removal the drain is proven again, whoever goes on.
    assert (read["step"], read["waiting"]) == ("drain", "") or read["step"] == "remove"
    assert read["waiting"] == ""


def test_a_watch_ends_with_the_migration_and_exits_as_it_did(desk: Desk, meanwhile: Callable[..., None]) -> None:
    desk.held()
    meanwhile(
        lambda: desk.record("step.waiting", step="drain", reason="41 messages left", detail={}),
        lambda: desk.record("step.waiting", step="drain", reason="1 worker runs a task", detail={}),
        lambda: desk.store.set_state(ID, State.DONE),
    )

    code, lines, _ = desk.run("status", "--watch", "--json")

    assert code == 0
    assert [item["type"] for item in lines] == ["status", "status", "status", "result"]
    assert [item["waiting"] for item in lines[:3]] == ["42 messages left", "1 worker runs a task", ""]


@pytest.mark.parametrize(
    ("state", "status"),
    [(State.ROLLED_BACK, 8), (State.STOPPED, 3), (State.ABANDONED, 1), (State.ENDED, 1)],
)
def test_each_end_has_its_status(desk: Desk, meanwhile: Callable[..., None], state: State, status: int) -> None:
    desk.held()

    def end() -> None:
        desk.store.set_state(ID, state)
        desk.store.release_lease("shop", HERE)

    meanwhile(end)

    code, lines, _ = desk.run("status", "--watch", "--json")

    assert (code, lines[-1]["exit"]) == (status, status)


def test_a_migration_that_nobody_works_on_is_not_waited_for(desk: Desk) -> None:
    code, _, text = desk.run("status", "--watch")

    assert code == 3
    assert "shop: running, 3 of 12 steps done, at drain: 42 messages left; no process works on it now" in text
    assert f"next:    migrate-plan resume {ID}" in text


def test_ctrl_c_ends_the_watch_and_nothing_else(desk: Desk, meanwhile: Callable[..., None]) -> None:
    desk.held()
    meanwhile(lambda: os.kill(os.getpid(), signal.SIGINT))

    code, _, text = desk.run("status", "--watch")

    assert code == 130
    assert "The migration itself goes on." in text
    assert f"migrate-plan status {ID} --watch --store {desk.url}" in " ".join(text.split())
    assert desk.store.record(ID).state == State.RUNNING


def test_a_store_that_is_away_for_a_moment_does_not_end_a_watch(
    desk: Desk, meanwhile: Callable[..., None], tmp_path: Path
) -> None:
    desk.held()
    store, aside = tmp_path / "store.sqlite3", tmp_path / "aside"

    def back() -> None:
        store.rmdir()
        aside.rename(store)
        desk.store.set_state(ID, State.DONE)

    def away() -> None:
        store.rename(aside)
        store.mkdir()

    meanwhile(away, back)

    assert desk.run("status", "--watch")[0] == 0


def test_a_store_that_stays_away_ends_it(
    desk: Desk, meanwhile: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(watching, "PATIENCE_SECONDS", -1)
    desk.held()

    def away() -> None:
        (tmp_path / "store.sqlite3").rename(tmp_path / "aside")
        (tmp_path / "store.sqlite3").mkdir()

    meanwhile(away)

    code, lines, _ = desk.run("status", "--watch", "--json")
    assert lines[-1]["code"] == "STORE_UNUSABLE"
    assert code != 0


def test_history_lists_every_migration_the_newest_first(desk: Desk) -> None:
    desk.journal.stopped("NOT_DRAINED", {"what": "", "why": ""})
    desk.store.set_state(ID, State.STOPPED)
    desk.clock.sleep(60)
    desk.store.create(a_migration(id="mig-222222", app="billing"))
    second = Journal(desk.store, "mig-222222", desk.clock)
    second.note(live("eager-on"), {"version": 2})
    desk.clock.sleep(34.1)
    second.note(live("eager-off"), {"version": 5})
    desk.store.set_state("mig-222222", State.DONE)

    _, (listed, _), _ = desk.run("history", "--json")
    newest, oldest = listed["migrations"]

    assert (newest["app"], newest["outcome"], newest["eager_seconds"], newest["eager"]) == (
        "billing",
        "done",
        34.1,
        False,
    )
    assert (oldest["app"], oldest["outcome"], oldest["code"], oldest["eager"]) == (
        "shop",
        "stopped",
        "NOT_DRAINED",
        True,
    )
    assert (newest["begun"], newest["ended"]) == ("2026-11-24T12:01:00+00:00", "2026-11-24T12:01:34+00:00")
    assert oldest["ended"] == ""


def test_history_of_an_app_is_a_table(desk: Desk) -> None:
    desk.store.create(a_migration(id="mig-222222", app="billing"))

    _, _, text = desk.run("history", "--app", "shop")

    assert "2026-11-24 12:00  shop  lemur  bunny-1  documented  running  still  mig-7f3k2q" in text
    assert "billing" not in text


def test_history_of_an_empty_store_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["history", "--store", f"sqlite:///{tmp_path / 'new.sqlite3'}"])

    assert result.exit_code == 0
    assert "no migration" in result.stdout


def test_a_migration_that_is_given_up_has_that_in_its_record_and_one_that_is_not_has_nothing(desk: Desk) -> None:
    assert desk.run("abandon", ID, "--confirm", "another")[0] != 0
    assert desk.log.last(ID, "result") is None

    assert desk.run("abandon", ID, "--confirm", "shop")[0] == 0

    given_up = desk.log.last(ID, "result")
    assert given_up is not None
    assert given_up.body["code"] == "ABANDONED"
