"""From one version of the tables to the next, with versions that come after the present one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import sqlalchemy
from fakes.clock import FakeClock
from fakes.migrations import a_migration
from sqlalchemy import insert, text

from migrate.errors import StoreUnusable
from migrate.store import upgrades
from migrate.store.engine import open_engine
from migrate.store.schema import schema
from migrate.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

NOW = upgrades.SCHEMA_VERSION


class PulledPlug(BaseException):
    """As SIGKILL: nothing of the program runs after it."""


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make the program one that knows further versions."""

    def pretend(*further: Callable[[Connection], None]) -> None:
        monkeypatch.setattr(upgrades, "UPGRADES", (*upgrades.UPGRADES, *further))
        monkeypatch.setattr(upgrades, "SCHEMA_VERSION", NOW + len(further))

    return pretend


def add_note(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE migrations ADD COLUMN note VARCHAR(20)"))
    connection.execute(text("UPDATE migrations SET note = 'from before'"))


def add_color(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE migrations ADD COLUMN color VARCHAR(20)"))
    connection.execute(text("UPDATE migrations SET color = note"))


@contextmanager
def opened(url: str) -> Iterator[Store]:
    store = Store(url, FakeClock())
    yield store
    store.engine.dispose()


def open_once(url: str) -> None:
    with opened(url):
        pass


def seen(url: str) -> tuple[int, set[str]]:
    """Return the version of a store and the columns of its migrations."""
    engine = open_engine(url)
    with engine.begin() as connection:
        columns = {column["name"] for column in sqlalchemy.inspect(connection).get_columns("migrations")}
        version = connection.execute(text("SELECT max(version) FROM migrate_plan_schema")).scalar_one()
    engine.dispose()
    return version, columns


def test_an_older_store_is_brought_up_version_by_version_with_all_that_is_in_it(
    store_url: str, pretend: Callable[..., None]
) -> None:
    with opened(store_url) as old:
        old.create(a_migration())
    pretend(add_note, add_color)

    with opened(store_url) as store:
        assert store.record("mig-7f3k2q").migration == a_migration()
        with store.engine.begin() as connection:
            assert connection.execute(text("SELECT color FROM migrations")).scalar() == "from before"
    version, columns = seen(store_url)
    assert version == NOW + 2
    assert {"note", "color"} <= columns


def test_an_upgrade_that_is_interrupted_leaves_the_old_version_whole(
    store_url: str, pretend: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(connection: Connection) -> None:
        add_color(connection)
        raise PulledPlug

    with opened(store_url) as old:
        old.create(a_migration())
    before = seen(store_url)
    pretend(add_note, half)

    with pytest.raises(PulledPlug):
        open_once(store_url)

    monkeypatch.undo()
    assert seen(store_url) == before
    with opened(store_url) as old:
        assert old.record("mig-7f3k2q").migration == a_migration()
    pretend(add_note, add_color)
    open_once(store_url)
    assert seen(store_url)[0] == NOW + 2


def test_of_many_programs_that_open_an_older_store_at_once_one_upgrades_it(
    store_url: str, pretend: Callable[..., None]
) -> None:
    open_once(store_url)
    pretend(add_note)

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(open_once, [store_url] * 4))) == 4

    assert seen(store_url)[0] == NOW + 1


def test_a_store_of_a_newer_program_is_refused_and_left_as_it_is(store_url: str) -> None:
    engine = open_engine(store_url)
    with engine.begin() as connection:
        schema.create(connection)
        connection.execute(insert(schema).values(version=NOW + 1))

    with pytest.raises(StoreUnusable, match=f"newer migrate-plan .schema {NOW + 1}") as refusal:
        Store(store_url, FakeClock())

    assert "upgrade" in refusal.value.next
    with engine.begin() as connection:
        assert sqlalchemy.inspect(connection).get_table_names() == ["migrate_plan_schema"]
    engine.dispose()
