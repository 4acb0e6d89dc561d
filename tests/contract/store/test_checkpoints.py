"""Checkpoints of every released version, in the states that people find: shown, and gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import fakes
import pytest
from fakes.heroku import FakeHeroku
from fakes.machine import Machine

from migrate.commands import plain
from migrate.exits import Exit
from migrate.standing import standing
from migrate.store.engine import open_engine
from migrate.store.records import State
from migrate.store.upgrades import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKPOINTS = Path(fakes.__file__).parents[1] / "data" / "checkpoints"
VERSIONS = sorted(path.name for path in CHECKPOINTS.iterdir() if path.is_dir())

EAGER = {"CELERY_ALWAYS_EAGER": "True", "MIGRATE_PLAN": "mig-7f3k2q to cloudamqp:bunny by ann@laptop"}
CALLS = {
    "stopped-in-drain": 1,
    "stopped-after-removal": 2,
    "killed-in-add": 3,
    "done": 4,
}
"""How many of a migration's calls Heroku has seen in each state."""
RESUME = "migrate-plan resume mig-7f3k2q"
SHOWN = {
    "stopped-in-drain": ("stopped", "The old add-on cloudamqp-old-1 is in place with everything in it", RESUME),
    "stopped-after-removal": (
        "stopped",
        "shop has no broker: the old add-on was empty and is removed, the new one is not added",
        RESUME,
    ),
    "killed-in-add": (
        "running",
        "shop's old add-on is removed; whether the new one was added is not known",
        RESUME,
    ),
    "done": (
        "done",
        "shop runs on cloudamqp:bunny; eager mode is off, and the workers take tasks from the new broker",
    ),
}


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=CALLS)
def state(request: pytest.FixtureRequest, version: str, store_url: str) -> str:
    """A state that is in the store."""
    load(store_url, CHECKPOINTS / version, str(request.param))
    return str(request.param)


@pytest.fixture
def machine(state: str, store_url: str) -> Iterator[Machine]:
    machine = Machine(store_url, heroku_after(CALLS[state]))
    yield machine
    machine.store.engine.dispose()


def load(url: str, version: Path, state: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL timezone TO 'UTC'")
        for file in (f"tables.{engine.dialect.name}.sql", f"{state}.sql"):
            for statement in (version / file).read_text().rstrip(";\n").split(";\n"):
                connection.exec_driver_sql(statement)
    engine.dispose()


def heroku_after(calls: int) -> FakeHeroku:
    """Return a Heroku that has seen so many calls of the migration."""
    heroku = FakeHeroku()
    every = (
        lambda: heroku.patch_config_vars("shop", EAGER),
        lambda: heroku.delete_add_on("shop", "cloudamqp-old-1"),
        lambda: heroku.create_add_on(
            "shop", plan="cloudamqp:bunny", name="cloudamqp-mig-7f3k2q", attachment="CLOUDAMQP"
        ),
        lambda: heroku.patch_config_vars("shop", dict.fromkeys(EAGER)),
    )
    for call in every[:calls]:
        call()
    return heroku


def test_there_are_checkpoints() -> None:
    assert "0.1.0" in VERSIONS


def test_a_checkpoint_is_shown_with_the_state_of_the_app_and_the_next_command(state: str, machine: Machine) -> None:
    record = machine.store.record("mig-7f3k2q")

    read, result = standing(machine.store, record, machine.clock, plain)

    assert (read.app, read.from_plan, read.to_plan) == ("shop", "cloudamqp:lemur", "cloudamqp:bunny")
    assert SHOWN[state] == (read.phase, result.state.partition(".")[0], *result.next)


def test_a_checkpoint_is_gone_on_with_to_the_end_and_every_call_is_made_once(state: str, machine: Machine) -> None:
    before = machine.store.record("mig-7f3k2q")
    with machine.store.engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT max(version) FROM migrate_plan_schema").scalar() == SCHEMA_VERSION

    assert machine.resume().exit == Exit.DONE

    assert before.state == SHOWN[state][0]
    assert machine.heroku.writes == ["set eager", "remove", "add", "unset eager"]
    assert [item.plan for item in machine.heroku.add_ons("shop")] == ["cloudamqp:bunny"]
    assert set(machine.heroku.config) == {"CLOUDAMQP_URL"}
    assert machine.store.record("mig-7f3k2q").state is State.DONE
