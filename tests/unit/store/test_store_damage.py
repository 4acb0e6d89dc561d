"""A SQLite file that is not what it was: never a crash, never taken for whole where that can be seen."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.migrations import a_migration

from migrate.errors import MigrateError, MigrationUnknown, StoreUnusable
from migrate.store.journal import Journal
from migrate.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

ID = "mig-7f3k2q"
LINES = 200
"""Enough for a tree of pages."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store with a migration, its journal and a lease."""
    path, clock = tmp_path_factory.mktemp("whole") / "migrations.sqlite3", FakeClock()
    store = Store(f"sqlite:///{path}", clock)
    store.create(a_migration())
    journal = Journal(store, ID, clock)
    for number in range(LINES):
        journal.note("number", {"number": number, "text": "x" * 200})
    store.take_lease("shop", ID, "ann@laptop pid 1")
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "migrations.sqlite3"


def use(path: Path) -> None:
    """Do all that a resumed migration does with its store."""
    clock = FakeClock()
    store = Store(f"sqlite:///{path}", clock)
    store.prove_writable()
    store.record(ID)
    store.holder("shop")
    Journal(store, ID, clock).note("number", {})


def test_a_file_that_is_whole_is_used(path: Path, whole: bytes) -> None:
    path.write_bytes(whole)
    use(path)


@pytest.mark.parametrize("pages", [0.5, 1, 1.5, 3, 10])
def test_a_file_that_was_cut_off_is_unusable(path: Path, whole: bytes, pages: float) -> None:
    path.write_bytes(whole[: int(pages * 4096)])

    with pytest.raises(StoreUnusable) as refusal:
        use(path)

    assert f"mv {path}" in refusal.value.next


@pytest.mark.parametrize("seed", range(12))
def test_random_bytes_anywhere_are_no_crash_and_never_go_unseen_in_the_structure(
    path: Path, whole: bytes, seed: int
) -> None:
    chance = random.Random(seed)
    damaged = bytearray(whole)
    at = 4096 * chance.randrange(len(whole) // 4096)
    damaged[at : at + 8] = chance.randbytes(8)
    path.write_bytes(damaged)

    with pytest.raises(MigrateError):
        use(path)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE migrations SET body = 'half of wh'",
        "UPDATE migrations SET body = '{}'",
        "UPDATE migrations SET body = '[1]'",
        "UPDATE migrations SET state = 'invented'",
        "UPDATE migrations SET created_at = 'a while ago'",
        "UPDATE journal SET body = 'half of wh'",
        "UPDATE journal SET at = 'x' WHERE sequence = 4",
        "DROP TABLE journal",
    ],
)
def test_rows_that_this_program_does_not_write_are_damage(path: Path, whole: bytes, statement: str) -> None:
    path.write_bytes(whole)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)

    with pytest.raises(StoreUnusable):
        use(path)


def test_an_empty_file_is_a_new_store_and_knows_nothing_of_what_was_there(path: Path) -> None:
    path.write_bytes(b"")

    with pytest.raises(MigrationUnknown):
        use(path)
