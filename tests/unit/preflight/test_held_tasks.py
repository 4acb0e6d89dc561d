from __future__ import annotations

from fakes.broker_reports import HELD, a_node, workers
from fakes.facts import facts_with_broker, healthy_facts
from msgspec.structs import replace

from migrate.brokers.report import Unreadable
from migrate.preflight.finding import Severity
from migrate.preflight.held_tasks import held_tasks


def test_workers_that_hold_nothing_are_no_finding() -> None:
    assert held_tasks(healthy_facts()) is None


def test_held_tasks_are_warned_of_with_their_number_names_and_the_latest_time() -> None:
    later = replace(HELD, name="shop.tasks.report", due=HELD.due and HELD.due.replace(hour=23))
    report = workers(a_node("a", held=(HELD, later)), a_node("b", held=(HELD,)))

    found = held_tasks(facts_with_broker(workers=report))

    assert found is not None
    assert (found.code, found.severity) == ("HELD_TASKS", Severity.WARN)
    assert found.what == "Workers hold tasks for later (3): shop.tasks.remind, shop.tasks.report."
    assert "23:30:00 UTC" in found.why


def test_a_task_without_a_time_keeps_nobody_from_starting() -> None:
    report = workers(a_node(held=(replace(HELD, due=None),)))
    assert held_tasks(facts_with_broker(workers=report)) is None


def test_workers_that_cannot_be_read_are_another_checks_matter() -> None:
    assert held_tasks(facts_with_broker(workers=Unreadable("no AMQP connection"))) is None
