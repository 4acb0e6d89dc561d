from __future__ import annotations

import pytest
from fakes.broker_reports import a_node, workers
from fakes.facts import facts_with_broker, healthy_facts

from migrate.brokers.report import Unreadable
from migrate.preflight.finding import Severity
from migrate.preflight.workers_not_eager import EVIDENCE, workers_not_eager


def test_workers_that_say_that_they_stay_out_of_eager_mode_are_no_finding() -> None:
    assert workers_not_eager(healthy_facts()) is None


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {EVIDENCE: False},
        {EVIDENCE: "True"},
        {EVIDENCE: 1},
        {EVIDENCE: True, "task_always_eager": True},
        {EVIDENCE: True, "task_always_eager": "False"},
        {"task_always_eager": False},
        {"task_always_eager": False, "CELERY_TASK_ALWAYS_EAGER": True},
        {EVIDENCE: True, "CELERY_TASK_ALWAYS_EAGER": True},
    ],
    ids=str,
)
def test_a_worker_that_does_not_prove_it_is_asked_about(settings: dict[str, object]) -> None:
    found = workers_not_eager(facts_with_broker(workers=workers(a_node(settings=settings))))

    assert found is not None
    assert (found.code, found.severity) == ("WORKERS_MAY_BE_EAGER", Severity.ASK)


@pytest.mark.parametrize("name", ["CELERY_TASK_ALWAYS_EAGER", "CELERY_ALWAYS_EAGER"])
def test_a_django_worker_that_has_left_eager_mode_is_believed_though_its_settings_still_say_so(name: str) -> None:
    node = a_node(settings={name: True, "task_always_eager": False, EVIDENCE: True})

    assert not node.is_eager
    assert workers_not_eager(facts_with_broker(workers=workers(node))) is None


def test_one_unsure_worker_among_sure_ones_is_named_alone() -> None:
    report = workers(a_node("sure", settings={EVIDENCE: True}), a_node("doubtful"))
    found = workers_not_eager(facts_with_broker(workers=report))

    assert found is not None
    assert found.what.endswith(": doubtful.")


def test_workers_that_cannot_be_read_are_another_checks_matter() -> None:
    assert workers_not_eager(facts_with_broker(workers=Unreadable("no AMQP connection"))) is None
