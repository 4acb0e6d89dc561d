from __future__ import annotations

import pytest
from fakes.broker_reports import a_queue, queues

from migrate.queues import is_plumbing, work_queues


@pytest.mark.parametrize(
    "name",
    [
        "celery@worker-1.celery.pidbox",
        "8f14e45f-ea0b-3f8b-9e4c-7f1d8e0c1b2a.reply.celery.pidbox",
        "celeryev.8f14e45f-ea0b-3f8b-9e4c-7f1d8e0c1b2a",
    ],
)
def test_queues_that_celery_makes_for_itself_are_plumbing(name: str) -> None:
    assert is_plumbing(name)


@pytest.mark.parametrize(
    "name",
    [
        "celery",
        "mails",
        "celery_delayed_27",
        "celeryev",
        "my-celeryev.events",
        "celery.pidbox.backup",
        "orders.pidbox",
        "",
    ],
)
def test_a_queue_that_nobody_recognises_is_work(name: str) -> None:
    assert not is_plumbing(name)


def test_work_queues_are_all_but_the_plumbing_in_their_order() -> None:
    report = queues(a_queue("mails"), a_queue("w.celery.pidbox"), a_queue("celeryev.1"), a_queue("celery_delayed_3"))

    assert [queue.name for queue in work_queues(report)] == ["mails", "celery_delayed_3"]
