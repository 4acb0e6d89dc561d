from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.broker_reports import a_node, workers
from fakes.facts import WEB, WORKER, facts_with_broker, healthy_facts, previewed
from msgspec.structs import replace

from migrate.brokers.report import Unreadable
from migrate.drain.who_drains import who_drains
from migrate.migration import Choices
from migrate.planning.opening import migration_of
from migrate.preflight.beat_pauses import beat_pauses
from migrate.preflight.drain_dynos import drain_dynos
from migrate.preflight.no_worker_dynos import no_worker_dynos
from migrate.preflight.workers_not_eager import workers_not_eager

if TYPE_CHECKING:
    from migrate.facts import Facts

UNSURE = facts_with_broker(workers=workers(a_node("doubtful")))


def test_workers_that_promise_to_stay_out_of_eager_mode_drain() -> None:
    assert who_drains(healthy_facts(), Choices()) == "workers"


def test_dynos_drain_where_a_worker_promises_nothing_and_the_preview_says_why() -> None:
    shown = previewed(UNSURE)

    assert [item.code for item in shown.findings] == ["DRAIN_DYNOS"]
    assert "1 x worker on Standard-1X" in shown.findings[0].what
    assert "doubtful" in shown.findings[0].why
    names = [step.step for step in shown.steps]
    assert names[2:6] == ["workers-down", "eager-on", "drain-dynos", "drain"]
    assert names[6:9] == ["save-topology", "remove", "stop-drain-dynos"]
    step = shown.steps[4]
    assert step.observed == "worker=1, Standard-1X: celery --app shop worker --concurrency 2"
    assert "env -u CELERY_ALWAYS_EAGER celery --app shop worker" in step.command


@pytest.mark.parametrize(
    ("choices", "who"),
    [
        (Choices(drain_dynos=True), "dynos"),
        (Choices(drain_dynos=False), "workers"),
        (Choices(accepted=("WORKERS_MAY_BE_EAGER",)), "workers"),
        (Choices(accepted=("WORKERS_MAY_BE_EAGER",), drain_dynos=True), "dynos"),
    ],
)
def test_what_was_said_goes_first(choices: Choices, who: str) -> None:
    assert who_drains(UNSURE, choices) == who


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (replace(UNSURE, formation=(WEB,)), "no command for drain dynos"),
        (facts_with_broker(workers=workers(a_node("one"), a_node("two"))), "2 workers answer and 1 dynos"),
        (facts_with_broker(workers=workers(a_node(settings={"task_always_eager": True}))), "eager now"),
    ],
)
def test_where_dynos_may_not_be_the_remedy_it_asks_and_says_why(facts: Facts, why: str) -> None:
    assert who_drains(facts, Choices()) == "workers"
    found = workers_not_eager(facts)
    assert found is not None
    assert why in found.why
    assert "--drain-dynos" in found.do


def test_a_worker_that_is_eager_by_the_variable_has_its_remedy() -> None:
    eager = facts_with_broker(workers=workers(a_node(settings={"task_always_eager": True})))

    assert who_drains(replace(eager, eager="True"), Choices()) == "dynos"


def test_workers_that_cannot_be_read_are_another_checks_matter() -> None:
    assert who_drains(facts_with_broker(workers=Unreadable("no AMQP connection")), Choices()) == "workers"


def test_the_migration_has_it_with_the_formation() -> None:
    migration = migration_of(replace(UNSURE, formation=(WEB, replace(WORKER, quantity=3))), "mig-7f3k2q", Choices())

    assert (migration.drain_by, migration.formation, migration.workers) == ("dynos", {"worker": 3}, 3)


def test_dynos_that_nobody_needs_are_said_to_be_asked_for() -> None:
    found = drain_dynos(healthy_facts(drain_by="dynos"))

    assert found is not None
    assert found.why.startswith("They were asked for.")
    assert drain_dynos(healthy_facts()) is None


def test_without_a_worker_dyno_they_are_refused() -> None:
    found = no_worker_dynos(healthy_facts(formation=(WEB,), drain_by="dynos"))

    assert found is not None
    assert "web: gunicorn shop.wsgi" in found.why
    assert no_worker_dynos(healthy_facts(formation=(WEB,))) is None
    assert no_worker_dynos(healthy_facts(drain_by="dynos")) is None


def test_beat_in_a_worker_that_goes_to_0_pauses() -> None:
    formation = (WEB, replace(WORKER, command="celery -A shop worker -B"))
    found = beat_pauses(healthy_facts(formation=formation, drain_by="dynos"))

    assert found is not None
    assert "worker" in found.what
    assert beat_pauses(healthy_facts(formation=formation)) is None
    assert beat_pauses(healthy_facts(drain_by="dynos")) is None
