"""How many workers must answer, for every point of a migration."""

from __future__ import annotations

import pytest
from fakes.clock import FakeClock
from fakes.migrations import a_migration
from fakes.store import FakeStore

from migrate.changes.formation import changed_by_others
from migrate.store.journal import Journal
from migrate.workers import workforce

MIGRATION = a_migration(drain_by="dynos", formation={"worker": 2}, workers=3)
"""Two dynos of its own, and one worker that is somebody else's."""


@pytest.fixture
def journal() -> Journal:
    store = FakeStore(FakeClock())
    store.create(MIGRATION)
    return Journal(store, MIGRATION.id, FakeClock())


def happened(journal: Journal, effect: str, **outcome: object) -> None:
    journal.intend(effect, outcome)
    journal.conclude(effect, outcome)


def down(journal: Journal) -> None:
    happened(journal, "workers-down", found={"worker": 2}, set={"worker": 0})


def test_before_anything_was_done_all_must_answer(journal: Journal) -> None:
    assert workforce.expected(MIGRATION, journal) == 3


def test_with_the_dynos_at_0_only_those_of_others_must_answer(journal: Journal) -> None:
    down(journal)
    assert workforce.expected(MIGRATION, journal) == 1

    journal.note("workers-elsewhere", {"workers": 0})
    assert workforce.expected(MIGRATION, journal) == 0


def test_drain_dynos_count_from_their_start_to_their_end(journal: Journal) -> None:
    down(journal)
    journal.note("workers-elsewhere", {"workers": 1})
    counts = []
    for number in (1, 2):
        happened(journal, f"drain-dyno-worker.{number}", dyno=f"run.{number}", id=f"id-{number}")
        counts.append(workforce.expected(MIGRATION, journal))
    happened(journal, workforce.stop_of("run.1", "id-1"), gone="run.1")
    counts.append(workforce.expected(MIGRATION, journal))
    journal.step_done("stop-drain-dynos")

    assert [*counts, workforce.expected(MIGRATION, journal)] == [2, 3, 2, 1]


def test_drain_dynos_do_not_count_on_the_new_broker(journal: Journal) -> None:
    down(journal)
    for number in (1, 2):
        happened(journal, f"drain-dyno-worker.{number}", dyno=f"run.{number}", id=f"id-{number}")
    happened(journal, "remove", state="gone")

    assert workforce.expected(MIGRATION, journal) == 1
    assert workforce.draining(MIGRATION, journal) == {}


def test_a_dyno_that_ran_two_workers_must_do_so_again(journal: Journal) -> None:
    down(journal)
    journal.note("workers-elsewhere", {"workers": 0})
    for number in (1, 2):
        happened(journal, f"drain-dyno-worker.{number}", dyno=f"run.{number}", id=f"id-{number}")

    assert workforce.expected(MIGRATION, journal) == 3


def test_with_the_dynos_back_all_must_answer_again(journal: Journal) -> None:
    down(journal)
    happened(journal, "workers-up", set={"worker": 2})

    assert workforce.expected(MIGRATION, journal) == 3
    assert workforce.before(journal) == workforce.left(journal) == {}


def test_only_what_is_neither_as_before_nor_as_left_was_changed_by_others() -> None:
    before = {"mails": 1, "worker": 2, "gone": 1, "back": 1}
    left = dict.fromkeys(before, 0)

    changed = changed_by_others(before, left, {"mails": 0, "worker": 3, "back": 1, "web": 9})
    assert changed == {"worker": 3, "gone": None}
