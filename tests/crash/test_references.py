"""A release that gives one variable the value of another: once, whatever happens, and the value is on no disk."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine

from migrate.errors import HerokuRefused, OutcomeUnknown
from migrate.exits import Exit
from migrate.steps import EagerOff, EagerOn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migrate.run import Run

pytestmark = pytest.mark.crash

WRITES = ("set eager", "remove", "add", "unset eager")
OLD_URL = "amqps://cloudamqp-old-1:canary-cloudamqp-old-1@host/cloudamqp-old-1"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    def references(_step: EagerOn, _run: Run) -> dict[str, str]:
        return {"WRITE_URL": "CLOUDAMQP_URL"}

    def variables(step: EagerOff, run: Run) -> dict[str, str | None]:
        return {**unset(step, run), "WRITE_URL": None}

    unset = EagerOff.variables
    monkeypatch.setattr(EagerOn, "references", references)
    monkeypatch.setattr(EagerOff, "variables", variables)
    return Machine(f"sqlite:///{tmp_path / 'store.sqlite3'}", FakeHeroku())


def eager_release(machine: Machine) -> dict[str, str]:
    (config,) = (config for release, config in machine.heroku.log if release.description == "set eager")
    return config


@pytest.mark.parametrize(
    ("moment", "error"),
    [
        ("before", Killed()),
        ("after", Killed()),
        ("before", OutcomeUnknown("no reply")),
        ("after", OutcomeUnknown("no reply")),
        ("before", HerokuRefused("no", why="not now")),
    ],
)
def test_killed_refused_or_left_without_a_reply_around_the_call(
    machine: Machine, moment: str, error: BaseException
) -> None:
    setattr(machine.heroku, moment, once("set eager", error))

    result = machine.finish()
    if result.exit != Exit.DONE:
        result = machine.resume()

    assert result.exit == Exit.DONE
    assert tuple(machine.heroku.writes) == WRITES
    assert eager_release(machine)["WRITE_URL"] == OLD_URL


def test_what_the_value_is_stands_in_no_line_of_the_journal(machine: Machine, tmp_path: Path) -> None:
    assert machine.begin().exit == Exit.DONE

    with sqlite3.connect(tmp_path / "store.sqlite3") as store:
        lines = "\n".join(store.iterdump())
    assert '"references": {"WRITE_URL": "CLOUDAMQP_URL"}' in lines
    assert "canary" not in lines


def test_a_variable_that_is_not_there_stops_it_before_anything_is_sent(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EagerOn, "references", lambda _step, _run: {"WRITE_URL": "NEW_URL"})

    stopped = machine.begin()

    assert (stopped.exit, stopped.code) == (Exit.CHANGED, "WORLD_CHANGED")
    assert stopped.what == "The app has no NEW_URL."
    assert machine.heroku.writes == []
    assert "Nothing was changed" in stopped.state


def once(write: str, error: BaseException) -> Callable[[str], None]:
    raised: list[str] = []

    def call(now: str) -> None:
        if now == write and not raised:
            raised.append(now)
            raise error

    return call
