"""A look at a store that changes nothing about it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.migrations import a_migration
from sqlalchemy.exc import SQLAlchemyError

from migrate.store.glance import glance
from migrate.store.records import State
from migrate.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def test_a_store_that_is_not_there_has_nothing_and_is_not_made(tmp_path: Path) -> None:
    assert glance(f"sqlite:///{tmp_path / 'x' / 'store.sqlite3'}") == ()
    assert not (tmp_path / "x").exists()


def test_migrations_are_seen_newest_first_and_the_file_stays_as_it_is(tmp_path: Path) -> None:
    path, clock = tmp_path / "a store#1.sqlite3", FakeClock()
    store = Store(f"sqlite:///{path}", clock)
    for name in ("mig-aaaaaa", "mig-bbbbbb"):
        store.create(a_migration(id=name))
        clock.sleep(1)
    store.set_state("mig-aaaaaa", State.DONE)
    before = path.read_bytes()

    assert glance(f"sqlite:///{path}") == (("mig-bbbbbb", "shop", "running"), ("mig-aaaaaa", "shop", "done"))
    assert path.read_bytes() == before


def test_a_file_that_is_no_store_or_is_locked_raises_at_once(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    path.write_text("not a database")
    with pytest.raises(SQLAlchemyError):
        glance(f"sqlite:///{path}")

    path.unlink()
    Store(f"sqlite:///{path}", FakeClock())
    with sqlite3.connect(path) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SQLAlchemyError, match="locked"):
            glance(f"sqlite:///{path}")
