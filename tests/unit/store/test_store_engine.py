from __future__ import annotations

import os
import sqlite3
import stat
import traceback
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from fakes.clock import FakeClock
from fakes.migrations import a_migration
from sqlalchemy import insert

from migrate.errors import AppHeld, StoreUnusable
from migrate.secrets import Secret
from migrate.store.engine import open_engine
from migrate.store.place import default_url
from migrate.store.records import LEASE_SECONDS, Entry
from migrate.store.schema import schema
from migrate.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

# Each library encodes it in its own way, so its words are looked for.
CANARY = "Canary/p@ss w0rd"
WORDS = ("Canary", "w0rd")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "migrations.sqlite3"


@pytest.fixture
def _wide_open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def told(error: StoreUnusable) -> str:
    return "".join(traceback.format_exception(error)) + error.what + error.why + error.next


@pytest.mark.usefixtures("_wide_open_umask")
def test_the_file_is_for_its_owner_only_from_the_start(path: Path) -> None:
    Store(f"sqlite:///{path}", FakeClock())

    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700


@pytest.mark.usefixtures("_wide_open_umask")
def test_what_sqlite_puts_beside_the_file_is_for_its_owner_only_too(path: Path) -> None:
    store = Store(f"sqlite:///{path}", FakeClock())

    with store.engine.connect() as connection:
        connection.execute(insert(schema).values(version=0))
        beside = {item.name: mode(item) for item in path.parent.iterdir()}
    assert f"{path.name}-journal" in beside
    assert set(beside.values()) == {0o600}


def test_a_file_that_others_can_read_is_closed_to_them(path: Path) -> None:
    Store(f"sqlite:///{path}", FakeClock())
    path.chmod(0o644)
    Store(f"sqlite:///{path}", FakeClock())
    assert mode(path) == 0o600


def test_every_connection_waits_for_the_disk(path: Path) -> None:
    engine = Store(f"sqlite:///{path}", FakeClock()).engine

    for _ in range(2):
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 3


def test_a_file_that_an_earlier_program_switched_to_a_write_ahead_log_is_used(path: Path) -> None:
    Store(f"sqlite:///{path}", FakeClock()).create(a_migration())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")

    store = Store(f"sqlite:///{path}", FakeClock())

    store.prove_writable()
    assert store.record("mig-7f3k2q").migration == a_migration()


def test_a_transaction_takes_the_write_lock_before_it_reads(path: Path) -> None:
    engine = open_engine(f"sqlite:///{path}")

    with (
        engine.begin(),
        closing(sqlite3.connect(path, timeout=0)) as other,
        pytest.raises(sqlite3.Error, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")


def test_a_second_program_finds_what_the_first_one_wrote(path: Path) -> None:
    Store(f"sqlite:///{path}", FakeClock()).create(a_migration())
    assert Store(f"sqlite:///{path}", FakeClock()).record("mig-7f3k2q").migration == a_migration()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///file::memory:?uri=true"])
def test_a_store_in_memory_is_refused(url: str) -> None:
    with pytest.raises(StoreUnusable, match="in memory"):
        open_engine(url)


def test_a_path_below_a_regular_file_is_unusable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    for path in (tmp_path / "file" / "x.sqlite3", tmp_path / "file" / "deeper" / "x.sqlite3"):
        with pytest.raises(StoreUnusable, match="cannot be written") as refusal:
            open_engine(f"sqlite:///{path}")
        assert str(path) in refusal.value.what


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="cannot be written"):
        open_engine(f"sqlite:///{tmp_path}")


def test_a_file_that_is_no_database_is_unusable_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("shopping list\n" * 100)

    with pytest.raises(StoreUnusable) as refusal:
        Store(f"sqlite:///{path}", FakeClock())
    assert refusal.value.why == "file is not a database"
    assert path.read_text() == "shopping list\n" * 100


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://user:canary-word@host/db", "no-such-dialect://host/canary-word"]
)
def test_a_url_of_anything_else_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(StoreUnusable, match="URL cannot be used") as refusal:
        open_engine(url)
    assert "canary-word" not in told(refusal.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_password_of_postgresql_is_in_no_error(scheme: str) -> None:
    with pytest.raises(StoreUnusable) as refusal:
        Store(f"{scheme}://user:{quote(CANARY, safe='')}@127.0.0.1:1/db", FakeClock())

    assert "127.0.0.1" in refusal.value.what
    assert not any(word in told(refusal.value) for word in WORDS)


def test_an_option_that_postgresql_does_not_know_shows_no_password_either() -> None:
    with pytest.raises(StoreUnusable) as refusal:
        Store(f"postgresql://user:{quote(CANARY, safe='')}@127.0.0.1:1/db?invented=1", FakeClock())
    assert not any(word in told(refusal.value) for word in WORDS)


def test_the_store_is_named_by_the_environment() -> None:
    assert default_url({"MIGRATE_STORE": "postgresql://host/db"}) == "postgresql://host/db"


@pytest.mark.parametrize("environment", [{}, {"MIGRATE_STORE": ""}])
def test_without_a_name_the_store_is_a_file_among_the_users_state(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    url = default_url(environment)

    assert Path(url.removeprefix("sqlite:///")).is_relative_to(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_password_in_the_query_of_the_url_is_in_no_error() -> None:
    with pytest.raises(StoreUnusable) as raised:
        Store(f"postgresql://user@127.0.0.1:1/db?password={quote(CANARY)}", FakeClock())

    assert not any(word in f"{raised.value} {raised.value.why} {raised.value.next}" for word in WORDS)


def test_a_port_that_is_no_number_is_refused_without_a_traceback() -> None:
    with pytest.raises(StoreUnusable):
        open_engine("postgresql://user:word@127.0.0.1:abc/db")


def test_nothing_beside_the_file_keeps_what_was_refused(path: Path) -> None:
    store = Store(f"sqlite:///{path}", FakeClock())
    secret = Entry(FakeClock().now(), "note", "x", {"url": Secret(CANARY)})

    with pytest.raises(StoreUnusable):
        store.append("mig-bbbbbb", 0, secret)

    assert not any(CANARY.encode() in file.read_bytes() for file in path.parent.iterdir())


def test_a_store_that_disappears_is_unusable_not_a_crash(path: Path) -> None:
    store = Store(f"sqlite:///{path}", FakeClock())
    for file in path.parent.iterdir():
        file.unlink()
    path.parent.rmdir()

    for use in (lambda: store.record("x"), lambda: store.create(a_migration()), lambda: store.holder("shop")):
        with pytest.raises(StoreUnusable):
            use()


def test_a_lease_holds_through_its_last_moment(path: Path) -> None:
    clock = FakeClock()
    store = Store(f"sqlite:///{path}", clock)
    store.take_lease("shop", "mig-bbbbbb", "ada@laptop")
    clock.sleep(LEASE_SECONDS)

    assert store.holder("shop") == "ada@laptop"
    with pytest.raises(AppHeld, match="mig-bbbbbb") as refusal:
        store.take_lease("shop", "mig-cccccc", "bob@desk")
    assert "until 12:02:00 UTC" in refusal.value.why
