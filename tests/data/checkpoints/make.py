"""Writes the checkpoints of this version beside this file, for later versions to load: once, when it is released.

    PYTHONPATH=tests .venv/bin/python tests/data/checkpoints/make.py

A directory has the tables as SQLite and as PostgreSQL know them, and the rows of each state for both.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
from contextlib import closing, suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from fakes.heroku import FakeHeroku
from fakes.machine import Killed, Machine
from sqlalchemy import make_url
from sqlalchemy.schema import CreateIndex, CreateTable

from migrate.events import StepStarted, StepWaiting
from migrate.exits import Exit
from migrate.results import Stopped
from migrate.store.schema import metadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Dialect
    from sqlalchemy.schema import ExecutableDDLElement

    from migrate.events import Event

HERE = Path(__file__).parent


def main() -> None:
    """Write every state that a checkpoint is typically left in."""
    home = HERE / version("migrate-plan")
    home.mkdir()
    for name in ("sqlite", "postgresql"):
        (home / f"tables.{name}.sql").write_text(tables(make_url(f"{name}://").get_dialect()()))
    for state, disturb in {
        "stopped-in-drain": stop_at(StepWaiting, "drain"),
        "stopped-after-removal": stop_at(StepStarted, "add"),
        "killed-in-add": kill_after_adding,
        "done": leave_alone,
    }.items():
        (home / f"{state}.sql").write_text(rows(disturb))


def tables(dialect: Dialect) -> str:
    """Given a kind of database, return what makes the tables there."""
    statements: list[ExecutableDDLElement] = [CreateTable(table) for table in metadata.sorted_tables]
    statements += [CreateIndex(index) for table in metadata.sorted_tables for index in table.indexes]
    texts = (str(statement.compile(dialect=dialect)) for statement in statements)
    return "".join(re.sub(r"\s+\n", "\n", f"{text.strip()};\n") for text in texts)


def rows(disturb: Callable[[Machine], None]) -> str:
    """Given what ends a migration, return the rows that it leaves; its lease has run out when they are read."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "migrations.sqlite3"
        machine = Machine(f"sqlite:///{path}", FakeHeroku())
        disturb(machine)
        with suppress(Killed), patch("migrate.holder.who", return_value="ann@laptop"):
            machine.begin()
        with closing(sqlite3.connect(path)) as connection:
            dumped = [line for line in connection.iterdump() if line.startswith("INSERT")]
    return "".join(f"{line}\n" for line in dumped if '"leases"' not in line)


def stop_at(kind: type[StepStarted | StepWaiting], step: str) -> Callable[[Machine], None]:
    """Return what interrupts a migration in a step."""

    def on_event(event: Event) -> None:
        if isinstance(event, kind) and event.step == step:
            raise Stopped(Exit.INTERRUPTED)

    return lambda machine: setattr(machine, "on_event", on_event)


def kill_after_adding(machine: Machine) -> None:
    """Kill a migration when Heroku has added the new add-on and nobody has read the reply."""

    def after(write: str) -> None:
        if write == "add":
            raise Killed

    machine.heroku.after = after


def leave_alone(_machine: Machine) -> None:
    """Let a migration come to its end."""


if __name__ == "__main__":
    main()
