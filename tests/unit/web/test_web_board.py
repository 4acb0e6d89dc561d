"""What is shown: read once for all, only what somebody looks at, and what cannot be read is said."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.migrations import a_migration
from fakes.records import Record, in_drain, whole

from migrate.commands import plain
from migrate.errors import StoreUnusable
from migrate.store.records import State
from migrate.store.store import Store
from migrate.web.board import Board
from migrate.web.views import CARDS, changes, document

if TYPE_CHECKING:
    from pathlib import Path

    from migrate.web.views import View

ID = "mig-7f3k2q"
CANARY = "canary-in-a-url"


class Desk:
    """A store with migrations, and a board."""

    def __init__(self, path: Path, *migrations: str) -> None:
        self.clock = FakeClock()
        self.store = Store(f"sqlite:///{path / 'store.sqlite3'}", self.clock)
        self.add(ID, in_drain())
        self.board = Board(self.store, self.clock, plain, migrations)

    def add(self, migration: str, record: Record, app: str = "shop") -> None:
        self.store.create(a_migration(id=migration, app=app))
        record.migration = migration
        record.write_to(self.store)

    def see(self, key: str = "") -> View:
        with self.board.wanting(key):
            self.board.look()
            found = self.board.newer(key, -1, 0)
            assert found is not None
            return found[1]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, ID)


def test_nothing_is_read_for_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.store, "record", pytest.fail)

    desk.board.look()

    assert desk.board.newer("", -1, 0) is None


def test_a_new_event_changes_the_sections_that_show_it(desk: Desk) -> None:
    with desk.board.wanting(""):
        before = desk.see()
        more = Record(in_drain().now, migration=ID).look({"celery": 17})
        more.write_to(desk.store)
        after = desk.see()

    lacking = changes(before.sections, after)
    assert "17 messages left on the old broker" in lacking["verdict"]
    assert {"depths", "messages", "events"} <= set(lacking)
    assert "configuration" not in lacking


def test_a_migration_that_does_nothing_is_not_read_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.store.set_state(ID, State.DONE)
    with desk.board.wanting(""):
        first = desk.see()
        monkeypatch.setattr("migrate.web.board.page", pytest.fail)
        assert desk.see().sections == first.sections


def test_one_that_runs_is_made_anew_now_and_then_because_it_says_how_long(desk: Desk) -> None:
    desk.store.take_lease("shop", ID, "eve@elsewhere (001122334455) pid 1")
    with desk.board.wanting(""):
        first = desk.see()
        desk.clock.sleep(30)
        assert changes(first.sections, desk.see())


def test_a_store_out_of_reach_is_said_and_what_was_seen_stays(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_migration: str) -> None:
        raise StoreUnusable("The store cannot be used.", why=f"postgresql://eve:{CANARY}@db: connection refused")

    with desk.board.wanting(""):
        first = desk.see()
        with monkeypatch.context() as patched:
            patched.setattr(desk.store, "record", fail)
            during = desk.see()
        after = desk.see()

    assert "connection refused" in during.trouble
    assert CANARY not in during.trouble
    assert (during.sections, during.at) == (first.sections, first.at)
    assert after.trouble == ""


def test_a_page_that_cannot_be_made_ends_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError(CANARY)

    monkeypatch.setattr("migrate.web.board.page", fail)

    assert desk.see().trouble == "migrate-plan itself failed (KeyError)."


def test_a_fleet_has_a_card_each_and_a_page_behind_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.add("mig-333333", whole(), "other")
    desk.store.set_state("mig-333333", State.DONE)

    cards = desk.see().sections[CARDS]

    assert cards.count('<li class="card') == 2
    assert 'href="mig-333333/"' in cards
    assert "0 messages left behind" in desk.see("mig-333333").sections["verdict"]


def test_with_all_those_that_begin_later_appear_and_old_ones_do_not(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.store.set_state(ID, State.DONE)
    desk.clock.sleep(timedelta(hours=25).total_seconds())
    assert "New ones appear here" in desk.see().sections[CARDS]

    desk.add("mig-333333", in_drain(), "other")

    assert desk.see().sections[CARDS].count('<li class="card') == 1


def test_a_migration_that_is_not_shown_is_not_shown_by_its_id_either(desk: Desk) -> None:
    desk.add("mig-333333", whole(), "other")

    view = desk.see("mig-333333")

    assert (view.sections, view.trouble) == ({}, "That migration is not shown here.")


def test_hostile_names_are_text_on_the_live_page_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    bad = "<script>alert(1)</script>"
    desk.add("mig-333333", in_drain().look({bad: 3}).tell("step.waiting", step=bad, reason=bad, detail={}), bad)

    for key in ("", "mig-333333"):
        assert bad not in document(desk.see(key), "nonce")


def test_whoever_waits_is_let_go_at_the_end(desk: Desk) -> None:
    desk.board.close()

    assert desk.board.newer("", -1, 60) is None
