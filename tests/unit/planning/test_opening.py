from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.broker_reports import a_queue, queues
from fakes.clock import FakeClock
from fakes.facts import ADD_ON, facts_with_broker, healthy_facts, previewed
from fakes.migrations import STEPS, a_migration
from msgspec.structs import replace

from migrate.brokers.queues import BY_RULE, Sorting
from migrate.brokers.report import Unreadable
from migrate.commands import plain
from migrate.errors import (
    AddOnAmbiguous,
    AddOnMissing,
    AppHeld,
    ConfirmationMismatch,
    ConfirmationMissing,
    MigrationUnfinished,
    PreflightRefused,
    UsageError,
)
from migrate.exits import Exit
from migrate.migration import Choices
from migrate.planning import opening
from migrate.preflight.ignored_in_use import IN_USE
from migrate.store.journal import Journal
from migrate.store.records import State
from migrate.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


OTHER = replace(ADD_ON, id="other-id", name="cloudamqp-other-1")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'store.sqlite3'}", FakeClock())


def test_the_only_add_on_needs_no_name() -> None:
    assert opening.choose_add_on([ADD_ON], None, "shop") is ADD_ON


@pytest.mark.parametrize("wanted", [OTHER.name, OTHER.id])
def test_one_of_several_is_chosen_by_name_or_id(wanted: str) -> None:
    assert opening.choose_add_on([ADD_ON, OTHER], wanted, "shop") is OTHER


def test_several_without_a_name_are_refused_with_their_names_and_plans() -> None:
    with pytest.raises(AddOnAmbiguous) as raised:
        opening.choose_add_on([ADD_ON, OTHER], None, "shop")

    assert raised.value.exit == Exit.REFUSED
    assert f"{OTHER.name} (cloudamqp:lemur)" in raised.value.why


@pytest.mark.parametrize(("add_ons", "wanted"), [([], None), ([ADD_ON], "nobody")])
def test_no_add_on_or_none_of_that_name_is_refused(add_ons: list[object], wanted: str | None) -> None:
    with pytest.raises(AddOnMissing):
        opening.choose_add_on(add_ons, wanted, "shop")  # type: ignore[arg-type]


def test_an_app_without_a_history_may_start(store: Store) -> None:
    opening.refuse_unfinished(store, "shop", FakeClock(), plain)


def test_a_migration_that_stopped_part_way_must_be_finished_first(store: Store) -> None:
    migration = a_migration()
    store.create(migration)
    Journal(store, migration.id, FakeClock()).intend("eager-on", {"version": 1})

    with pytest.raises(MigrationUnfinished) as raised:
        opening.refuse_unfinished(store, migration.app, FakeClock(), plain)

    assert raised.value.next == f"migrate-plan resume {migration.id}"
    assert raised.value.exit == Exit.HELD


def test_one_that_left_workers_off_their_queues_must_be_finished_first(store: Store) -> None:
    migration = a_migration()
    store.create(migration)
    Journal(store, migration.id, FakeClock()).take_off({"celery@one": ["celery"]})

    with pytest.raises(MigrationUnfinished):
        opening.refuse_unfinished(store, migration.app, FakeClock(), plain)


def test_one_that_changed_nothing_is_closed(store: Store) -> None:
    migration = a_migration()
    store.create(migration)

    opening.refuse_unfinished(store, migration.app, FakeClock(), plain)

    assert store.record(migration.id).state is State.ENDED


def test_one_that_changed_nothing_yet_and_still_runs_is_left_alone(store: Store) -> None:
    migration = a_migration()
    store.create(migration)
    store.take_lease(migration.app, migration.id, "eve@elsewhere pid 1")

    with pytest.raises(MigrationUnfinished):
        opening.refuse_unfinished(store, migration.app, FakeClock(), plain)


def test_a_mark_on_the_app_is_another_migration() -> None:
    opening.refuse_marked("", "shop")

    with pytest.raises(AppHeld, match="mig-abc234 to cloudamqp:bunny by eve"):
        opening.refuse_marked("mig-abc234 to cloudamqp:bunny by eve", "shop")


def test_a_preview_has_every_step_and_both_prices() -> None:
    shown = previewed(healthy_facts())

    assert [step.step for step in shown.steps] == [step.name for step in STEPS]
    assert (shown.price_before, shown.price_after) == ("free", "$99/month")
    assert [step.step for step in shown.steps if not step.undo] == ["remove"]


def test_every_step_says_what_it_sees_does_takes_and_how_one_would_do_it_by_hand() -> None:
    for step in previewed(healthy_facts()).steps:
        assert all((step.title, step.observed, step.intended, step.command, step.duration)), step


def test_steps_that_make_a_release_say_what_they_restart() -> None:
    shown = previewed(healthy_facts())

    assert [step.step for step in shown.steps if step.restarts] == ["eager-on", "remove", "add", "eager-off"]
    assert all("all 3 dynos" in step.restarts for step in shown.steps if step.restarts)


def test_without_the_plan_there_are_findings_and_no_steps() -> None:
    shown = previewed(healthy_facts(target="cloudamqp:nothing"))

    assert shown.steps == ()
    with pytest.raises(PreflightRefused, match="no plan"):
        opening.refuse_findings(shown, a_migration(accepted=()))


def test_a_finding_that_asks_is_refused_until_it_is_accepted_by_name() -> None:
    silent = facts_with_broker(workers=Unreadable("no answer"))
    shown = previewed(silent)

    with pytest.raises(PreflightRefused) as raised:
        opening.refuse_findings(shown, a_migration(accepted=()))
    assert {finding.code for finding in raised.value.findings} <= {"WORKERS_SILENT", "BROKER_UNREADABLE"}


def test_a_broker_that_cannot_be_read_shows_as_unknown_in_the_preview_never_as_empty() -> None:
    shown = previewed(facts_with_broker(queues=Unreadable("HTTP 500")))

    assert [step.observed for step in shown.steps if step.step == "drain"] == ["unknown: HTTP 500"]


def test_counts_stand_in_the_preview_of_the_drain() -> None:
    shown = previewed(facts_with_broker(queues=queues(a_queue("mail", 3, 2))))

    assert [s.observed for s in shown.steps if s.step == "drain"] == ["mail: 3 ready, 2 unacknowledged"]


def test_only_the_apps_own_name_confirms() -> None:
    opening.check_confirmation("shop", "shop")

    with pytest.raises(ConfirmationMismatch):
        opening.check_confirmation("Shop", "shop")
    with pytest.raises(ConfirmationMissing):
        opening.check_confirmation(None, "shop")


def test_a_migration_remembers_what_was_confirmed() -> None:
    migration = opening.migration_of(healthy_facts(eager="0"), "mig-222222", Choices(accepted=("PASTED_COPIES",)))

    assert (migration.app, migration.add_on_id, migration.eager_before) == ("shop", ADD_ON.id, "0")
    assert (migration.consumed, migration.workers, migration.accepted) == (("celery",), 1, ("PASTED_COPIES",))


def test_the_patterns_that_were_chosen_are_the_migrations() -> None:
    choices = Choices(sorting=Sorting(("amq.*",), ("dead",)))
    migration = opening.migration_of(healthy_facts(), "mig-7f3k2q", choices)

    assert (migration.work_patterns, migration.ignored_patterns) == (("amq.*",), ("dead",))


def test_patterns_that_are_said_later_are_added_once_each() -> None:
    migration = a_migration(ignored_patterns=("dead",))
    changed = opening.sorted_anew(migration, Sorting(("amq.*",), ("dead", "old.*")))

    assert changed.sorting == Sorting(("amq.*",), ("dead", "old.*"))
    assert opening.sorted_anew(migration, BY_RULE) == migration


def test_a_queue_that_workers_consume_is_not_given_up_later_unless_that_is_accepted_by_name() -> None:
    with pytest.raises(UsageError, match="celery, mails"):
        opening.sorted_anew(a_migration(), Sorting((), ("*",)))

    accepted = a_migration(accepted=(IN_USE,))
    assert opening.sorted_anew(accepted, Sorting((), ("*",))).ignored_patterns == ("*",)


def test_a_preview_tells_which_queues_are_work_and_why() -> None:
    facts = facts_with_broker(
        queues=queues(a_queue(ready=3), a_queue("w.celery.pidbox"), a_queue("dead", ready=2), a_queue("lonely")),
        dead_letters=frozenset({"dead"}),
    )
    rows = {row.kind: row for row in previewed(facts).queues}

    assert {kind: (row.work, row.names, row.messages) for kind, row in rows.items()} == {
        "tasks": (True, ("celery",), 3),
        "dead letters": (True, ("dead",), 2),
        "tasks without a consumer": (True, ("lonely",), 0),
        "mailboxes": (False, ("w.celery.pidbox",), 0),
    }


def test_a_preview_of_thousands_of_queues_stays_short() -> None:
    many = queues(a_queue(ready=1), *(a_queue(f"q{number}", ready=number) for number in range(3000)))
    rows = previewed(facts_with_broker(queues=many)).queues

    assert [(row.queues, len(row.names)) for row in rows] == [(1, 1), (3000, 5)]
    assert rows[1].names[0] == "q2999"


def test_without_a_reading_there_is_no_table_of_queues() -> None:
    assert previewed(facts_with_broker(queues=Unreadable("HTTP 503"))).queues == ()


def test_without_knowing_who_consumes_no_queue_is_said_to_have_no_consumer() -> None:
    facts = facts_with_broker(queues=queues(a_queue("lonely")), workers=Unreadable("no connection"))
    assert [row.kind for row in previewed(facts).queues] == ["tasks"]
