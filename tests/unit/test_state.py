"""What the program says of the app, for every point at which it can stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.migrations import a_migration

from migrate.commands import plain
from migrate.errors import HerokuRefused, MigrateError, NotDrained, OutcomeUnknown, StoreUnusable
from migrate.exits import Exit
from migrate.results import NOTHING_CHANGED, Stopped, lost_track, refusal, stop, success
from migrate.state import app_state
from migrate.store.journal import Journal
from migrate.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

MIGRATION = a_migration()


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite3'}", FakeClock())
    store.create(MIGRATION)
    return Journal(store, MIGRATION.id, FakeClock())


EFFECTS = ("eager-on", "remove", "add", "eager-off")


def advance(journal: Journal, effect: str, *, unclear: bool) -> None:
    for name in EFFECTS[: EFFECTS.index(effect) + 1]:
        journal.intend(name, {"version": 1})
        if name != effect or not unclear:
            journal.conclude(name, {"version": 2})


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        ("eager-on", ["is in place", "CELERY_ALWAYS_EAGER=True is set"]),
        ("remove", ["has no broker", "CELERY_ALWAYS_EAGER=True is set"]),
        ("add", ["has the new add-on", "CELERY_ALWAYS_EAGER=True is set"]),
        ("eager-off", ["is put back", "its workers are back is not known yet"]),
    ],
)
def test_after_an_effect_the_state_says_so(journal: Journal, effect: str, said: list[str]) -> None:
    advance(journal, effect, unclear=False)

    assert all(words in app_state(MIGRATION, journal) for words in said)


@pytest.mark.parametrize("effect", EFFECTS)
def test_an_effect_whose_outcome_is_not_known_is_called_not_known(journal: Journal, effect: str) -> None:
    advance(journal, effect, unclear=True)

    assert "not known" in app_state(MIGRATION, journal)


def test_before_any_effect_nothing_was_changed(journal: Journal) -> None:
    assert app_state(MIGRATION, journal) == f"Nothing was changed on {MIGRATION.app}."


def test_workers_that_are_off_their_queues_are_a_state_of_their_own(journal: Journal) -> None:
    journal.take_off({"celery@one": ["celery"]})
    assert "off their queues" in app_state(MIGRATION, journal)

    journal.put_back()
    assert "Nothing was changed" in app_state(MIGRATION, journal)


def test_a_refused_call_has_changed_nothing(journal: Journal) -> None:
    journal.intend("eager-on", {"version": 1})
    journal.retract("eager-on", happened=False)

    assert "Nothing was changed" in app_state(MIGRATION, journal)


def test_a_failed_release_may_come_back_with_a_later_one(journal: Journal) -> None:
    advance(journal, "eager-on", unclear=False)
    journal.retract("eager-on", happened=True)

    assert "failed, and a later one may carry that variable" in app_state(MIGRATION, journal)


def test_what_ends_a_command_early_changed_nothing_and_keeps_its_status() -> None:
    result = refusal(StoreUnusable("no store", why="read-only", next="--store URL"))

    assert (result.exit, result.code, result.state) == (Exit.FAILED, "STORE_UNUSABLE", NOTHING_CHANGED)
    assert (result.next, result.runbook) == (("--store URL",), "store")


def test_a_stop_part_way_can_be_resumed_whatever_the_error_says_of_itself(journal: Journal) -> None:
    advance(journal, "eager-on", unclear=False)

    result = stop(NotDrained("not empty", next="look"), MIGRATION, journal, plain)

    assert (result.exit, result.next) == (Exit.RESUMABLE, ("look", "migrate-plan resume mig-7f3k2q"))


def test_a_stop_before_any_change_has_nothing_to_resume_and_is_begun_anew(journal: Journal) -> None:
    result = stop(HerokuRefused("no", next="ask"), MIGRATION, journal, plain)

    assert (result.exit, result.next) == (
        Exit.FAILED,
        ("ask", "migrate-plan --to bunny-1 --app shop --accept PREBOOT"),
    )


def test_an_outcome_that_is_not_known_keeps_its_own_status(journal: Journal) -> None:
    advance(journal, "remove", unclear=True)

    assert stop(OutcomeUnknown("?"), MIGRATION, journal, plain).exit == Exit.OUTCOME_UNKNOWN


@pytest.mark.parametrize("status", [Exit.INTERRUPTED, Exit.TERMINATED])
def test_a_signal_is_no_error_but_tells_the_state(journal: Journal, status: Exit) -> None:
    advance(journal, "add", unclear=False)

    result = stop(Stopped(status), MIGRATION, journal, plain)

    assert (result.exit, result.next, result.runbook) == (status, ("migrate-plan resume mig-7f3k2q",), "")


def test_success_carries_the_eager_window(journal: Journal) -> None:
    assert success(MIGRATION, journal, 41.2).eager_seconds == 41.2


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Stopped(Exit.INTERRUPTED), Exit.INTERRUPTED),
        (StoreUnusable("gone"), Exit.RESUMABLE),
        (OutcomeUnknown("?"), Exit.OUTCOME_UNKNOWN),
    ],
)
def test_a_process_that_cannot_say_where_its_migration_stands_does_not_say_that_nothing_was_changed(
    error: MigrateError | Stopped, status: Exit
) -> None:
    result = lost_track(error, "mig-222222")

    assert result.exit == status
    assert NOTHING_CHANGED not in result.state
    assert result.next[-1] == "migrate-plan status mig-222222"


@pytest.mark.parametrize("effect", ["eager-on", "eager-off"])
def test_workers_that_may_not_have_been_restarted_are_said_to_be_off_their_queues(
    journal: Journal, effect: str
) -> None:
    journal.take_off({"celery@one": ["celery"]})
    advance(journal, effect, unclear=True)
    assert "off their queues, where tasks wait" in app_state(MIGRATION, journal)


def test_workers_that_a_release_has_restarted_are_back_by_themselves(journal: Journal) -> None:
    journal.take_off({"celery@one": ["celery"]})
    advance(journal, "eager-on", unclear=False)
    assert "off their queues" not in app_state(MIGRATION, journal)


@pytest.mark.parametrize("status", [Exit.HUNG_UP, Exit.INTERRUPTED, Exit.TERMINATED])
def test_what_ended_a_command_or_a_migration_is_said_in_words(journal: Journal, status: Exit) -> None:
    ended = (refusal(Stopped(status)), stop(Stopped(status), MIGRATION, journal, plain))

    assert [result.what.split(" was ")[0] for result in ended] == ["The command", "The migration"]
    assert all("_" not in result.what for result in ended)
