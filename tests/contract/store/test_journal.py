from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from migrate.errors import AppHeld
from migrate.store.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.clock import FakeClock

    from migrate.store.store import Store
    from store.shared_store import SharedStore

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ID = "mig-7f3k2q"


@pytest.fixture
def clock(shared: SharedStore) -> FakeClock:
    return shared.clock


@pytest.fixture
def open_journal(shared: SharedStore) -> Callable[[], Journal]:
    """Open the journal as another process does: with nothing but the database."""
    return lambda: Journal(shared.there, ID, shared.clock)


@pytest.fixture
def journal(shared: SharedStore) -> Journal:
    return Journal(shared.here, ID, shared.clock)


def test_a_fresh_journal_knows_nothing(journal: Journal) -> None:
    assert not journal.changed_anything
    assert journal.intent("add") is None
    assert journal.outcome("add") is None
    assert journal.noted("consumers") is None
    assert not journal.is_done("drain")
    assert journal.last_stop() is None


def test_an_intent_is_on_disk_before_anything_came_of_it(
    journal: Journal, open_journal: Callable[[], Journal]
) -> None:
    journal.intend("add", {"name": "cloudamqp-mig-7f3k2q"})

    after_the_kill = open_journal()

    assert after_the_kill.intent("add") == {"name": "cloudamqp-mig-7f3k2q"}
    assert after_the_kill.outcome("add") is None
    assert after_the_kill.changed_anything


def test_everything_that_is_written_is_found_by_the_next_process(
    journal: Journal, open_journal: Callable[[], Journal]
) -> None:
    journal.intend("add", {})
    journal.conclude("add", {"id": "d1"})
    journal.note("consumers", {"nodes": {"celery@one": ["celery"]}})
    journal.step_done("drain")
    journal.stopped("NOT_DRAINED", {"what": "left"})

    after = open_journal()

    assert after.outcome("add") == {"id": "d1"}
    assert after.noted("consumers") == {"nodes": {"celery@one": ["celery"]}}
    assert after.is_done("drain")
    assert after.last_stop() == {"what": "left"}


def test_the_next_process_goes_on_behind_the_last_line(journal: Journal, open_journal: Callable[[], Journal]) -> None:
    for number in range(3):
        journal.note("n", {"number": number})
    open_journal().note("n", {"number": 3})

    assert open_journal().noted("n") == {"number": 3}


def test_the_order_is_that_of_writing_even_when_the_clock_goes_back(
    journal: Journal, clock: FakeClock, open_journal: Callable[[], Journal]
) -> None:
    journal.note("n", {"number": 1})
    clock.sleep(-3600)
    journal.note("n", {"number": 2})

    assert journal.noted("n") == open_journal().noted("n") == {"number": 2}


def test_two_processes_on_one_journal_do_not_overwrite_each_other(
    journal: Journal, open_journal: Callable[[], Journal]
) -> None:
    other = open_journal()
    journal.intend("add", {"by": "one"})

    with pytest.raises(AppHeld):
        other.intend("add", {"by": "two"})
    assert open_journal().intent("add") == {"by": "one"}


def test_a_line_that_did_not_reach_the_disk_is_not_remembered(
    journal: Journal, open_journal: Callable[[], Journal]
) -> None:
    open_journal().note("n", {})
    with pytest.raises(AppHeld):
        journal.step_done("drain")
    assert not journal.is_done("drain")


def test_kinds_and_names_do_not_mix(journal: Journal) -> None:
    journal.note("add", {"kind": "note"})
    journal.intend("remove", {})

    assert journal.intent("add") is None
    assert journal.outcome("remove") is None
    assert not journal.is_done("add")


def test_notes_and_finished_steps_change_nothing_of_the_app(journal: Journal) -> None:
    journal.note("consumers", {})
    journal.step_done("preflight")
    journal.stopped("INTERRUPTED", {})
    assert not journal.changed_anything


def test_the_newest_of_several_counts_with_its_time(journal: Journal, clock: FakeClock) -> None:
    journal.intend("add", {"try": 1})
    clock.sleep(60)
    journal.intend("add", {"try": 2})
    journal.note("n", {"try": 1})

    assert journal.intent("add") == {"try": 2}
    assert journal.intended_at("add") == journal.noted_at("n") == clock.now()
    assert journal.intended_at("remove") is None


def test_the_last_stop_is_that_of_the_last_process(journal: Journal) -> None:
    journal.stopped("INTERRUPTED", {"number": 1})
    journal.note("n", {})
    journal.stopped("NOT_DRAINED", {"number": 2})
    assert journal.last_stop() == {"number": 2}


def test_a_refused_call_is_as_if_it_had_never_been_intended(journal: Journal) -> None:
    journal.intend("add", {})
    journal.retract("add", happened=False)

    assert journal.intent("add") is None
    assert not journal.changed_anything
    assert journal.failures("add") == 0


def test_an_effect_that_came_to_nothing_can_be_made_again_but_did_change_the_app(journal: Journal) -> None:
    journal.intend("add", {})
    journal.conclude("add", {"id": "d1"})
    journal.retract("add", happened=True)

    assert (journal.intent("add"), journal.outcome("add")) == (None, None)
    assert journal.changed_anything


def test_a_call_that_is_made_again_after_a_refusal_counts(
    journal: Journal, open_journal: Callable[[], Journal]
) -> None:
    journal.intend("add", {"try": 1})
    journal.retract("add", happened=False)
    journal.intend("add", {"try": 2})

    for seen in (journal, open_journal()):
        assert seen.intent("add") == {"try": 2}
        assert seen.outcome("add") is None
        assert seen.changed_anything


def test_retracting_one_call_leaves_the_others(journal: Journal) -> None:
    journal.intend("add", {})
    journal.intend("remove", {})
    journal.retract("add", happened=False)

    assert journal.intent("remove") == {}
    assert journal.changed_anything
    assert journal.failures("remove") == 0


def test_journals_of_two_migrations_share_a_store(store: Store, clock: FakeClock) -> None:
    one, two = (Journal(store, name, clock) for name in ("mig-bbbbbb", "mig-cccccc"))
    one.step_done("drain")
    two.note("n", {})

    assert not Journal(store, "mig-cccccc", clock).is_done("drain")
    assert store.entries("mig-bbbbbb")[0].at == NOON
