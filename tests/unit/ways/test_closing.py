from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.migrations import a_migration

from migrate import holder
from migrate.commands import plain
from migrate.errors import AppHeld, RollbackImpossible
from migrate.exits import Exit
from migrate.store.journal import Journal
from migrate.store.records import OPEN, State
from migrate.store.store import Store
from migrate.ways import closing

if TYPE_CHECKING:
    from pathlib import Path

ELSEWHERE = "eve@elsewhere pid 1"
MIGRATION = a_migration()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite3'}", FakeClock())
    store.create(MIGRATION)
    return store


def journal_of(store: Store) -> Journal:
    return Journal(store, MIGRATION.id, FakeClock())


def test_only_what_is_under_way_can_be_undone(store: Store) -> None:
    for state in State:
        store.set_state(MIGRATION.id, state)
        record = store.record(MIGRATION.id)
        if state is State.DONE:
            with pytest.raises(RollbackImpossible) as refused:
                closing.nothing_to_undo(record)
            assert refused.value.next == "migrate-plan --to lemur --app shop"
        else:
            assert (closing.nothing_to_undo(record) is None) == (state in OPEN)


def test_one_that_is_given_up_lets_another_begin_and_says_how_the_app_is(store: Store) -> None:
    journal_of(store).intend("eager-on", {"version": 1})
    journal_of(store).conclude("eager-on", {"version": 2})

    result = closing.abandon(store, store.record(MIGRATION.id), FakeClock())

    assert (result.exit, result.code) == (Exit.DONE, "ABANDONED")
    assert "CELERY_ALWAYS_EAGER=True is set" in result.state
    assert result.next == ("heroku config:unset CELERY_ALWAYS_EAGER MIGRATE_PLAN --app shop",)
    assert store.unfinished("shop") is None
    assert closing.abandon(store, store.record(MIGRATION.id), FakeClock()).code == "NOTHING_TO_DO"


def test_by_hand_an_app_without_a_broker_gets_one_before_its_variables(store: Store) -> None:
    journal = journal_of(store)
    journal.take_off({"celery@one": ["mails", "celery"]})
    for effect in ("eager-on", "remove"):
        journal.intend(effect, {})
        journal.conclude(effect, {})
    store.amend(a_migration(eager_before="False"))

    result = closing.abandon(store, store.record(MIGRATION.id), FakeClock())

    assert result.next == (
        "celery control -d celery@one add_consumer celery",
        "celery control -d celery@one add_consumer mails",
        "heroku addons:create cloudamqp:bunny-1 --as CLOUDAMQP --app shop",
        "heroku config:set CELERY_ALWAYS_EAGER=False --app shop",
        "heroku config:unset MIGRATE_PLAN --app shop",
    )


def test_one_that_a_process_works_on_is_not_given_up(store: Store) -> None:
    store.take_lease("shop", MIGRATION.id, ELSEWHERE)

    with pytest.raises(AppHeld, match="works on") as refused:
        closing.abandon(store, store.record(MIGRATION.id), FakeClock())

    assert f"migrate-plan unlock {MIGRATION.id}" in refused.value.next
    assert store.record(MIGRATION.id).state is State.RUNNING


def test_a_lock_of_a_machine_that_is_gone_is_taken_away(store: Store) -> None:
    store.take_lease("shop", MIGRATION.id, ELSEWHERE)

    result = closing.unlock(store, store.record(MIGRATION.id), plain)

    assert (result.code, result.next) == ("UNLOCKED", (f"migrate-plan resume {MIGRATION.id}",))
    assert ELSEWHERE in result.what
    assert store.holder("shop") is None


def test_a_lock_of_a_living_process_of_this_machine_stays(store: Store) -> None:
    mine = holder.this_process().replace(str(os.getpid()), str(os.getppid()))
    store.take_lease("shop", MIGRATION.id, mine)

    with pytest.raises(AppHeld, match="it runs") as refused:
        closing.unlock(store, store.record(MIGRATION.id), plain)

    assert refused.value.next.startswith(f"kill {os.getppid()} ")
    assert store.holder("shop") == mine


def test_where_nobody_holds_the_app_there_is_nothing_to_unlock(store: Store) -> None:
    assert closing.unlock(store, store.record(MIGRATION.id), plain).code == "NOTHING_TO_DO"
