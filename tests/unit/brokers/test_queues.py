from __future__ import annotations

import pytest
from fakes.broker_reports import a_queue, inventory_of, queues

from migrate.brokers.queues import (
    BY_RULE,
    CHOSEN,
    DELAYED,
    EVENTS,
    IGNORED,
    MAILBOX,
    REPLIES,
    STREAM,
    TASKS,
    Kind,
    Sorting,
    delay_level,
    is_plumbing,
    mailbox,
    mailboxes,
)
from migrate.brokers.report import Inventory, QueueCount

ID = "8f14e45f-ea0b-3f8b-9e4c-7f1d8e0c1b2a"


def made(name: str, *, auto_delete: bool = False, exclusive: bool = False) -> QueueCount:
    return QueueCount(name, 0, 0, auto_delete=auto_delete, exclusive=exclusive)


@pytest.mark.parametrize(
    ("queue", "kind"),
    [
        (made("celery"), TASKS),
        (made("celery@worker-1.celery.pidbox", exclusive=True), MAILBOX),
        (made(f"{ID}.reply.celery.pidbox", exclusive=True), MAILBOX),
        (made(f"celeryev.{ID}", exclusive=True), EVENTS),
        (made("celery_delayed_27"), DELAYED),
        (made(ID, auto_delete=True), REPLIES),
        (made(ID.replace("-", ""), auto_delete=True), REPLIES),
        (made(ID, exclusive=True), REPLIES),
        (made("amq.gen-5YxHyPVjlj4pQjlPyIq1Hg", exclusive=True), REPLIES),
        (a_queue("log", type_="stream"), STREAM),
    ],
    ids=lambda value: value.name,
)
def test_each_kind_of_queue_is_told_by_its_rule(queue: QueueCount, kind: Kind) -> None:
    assert BY_RULE.kind(queue) == kind


@pytest.mark.parametrize(
    "queue",
    [
        made(ID),
        QueueCount(ID, 0, 0, arguments={"x-expires": 86_400_000}),
        made(f"orders-{ID}", auto_delete=True),
        made(ID.upper(), auto_delete=True),
        made("amq.gen-5YxHyPVjlj4pQjlPyIq1Hg"),
        made("amq.gen-5YxHyPVjlj4pQjlPyIq1Hg", auto_delete=True),
        made("mails", exclusive=True),
        made("mails", auto_delete=True),
        made("bcast.8f14e45f", auto_delete=True),
        made("celery@worker-1.dq", auto_delete=True),
        made("dead-letters"),
        made("celeryev"),
        made("my-celeryev.events"),
        made("celery.pidbox.backup"),
        made("orders.pidbox"),
        made(""),
    ],
    ids=lambda queue: (
        f"{queue.name or 'no name'}{' auto-delete' * queue.auto_delete}{' exclusive' * queue.exclusive}"
    ),
)
def test_a_queue_that_nobody_recognises_is_work(queue: QueueCount) -> None:
    assert BY_RULE.kind(queue) == TASKS


def test_work_queues_are_all_but_the_others_in_their_order() -> None:
    report = queues(a_queue("mails"), a_queue("w.celery.pidbox"), a_queue("celeryev.1"), a_queue("celery_delayed_3"))

    assert [queue.name for queue in BY_RULE.work(report)] == ["mails", "celery_delayed_3"]


def test_an_operator_gives_queues_up_by_name_or_by_glob() -> None:
    sorting = Sorting(ignored_patterns=("dead", "old.*"))
    report = queues(a_queue("dead", ready=2), a_queue("old.1", unacknowledged=1), a_queue("old"), a_queue("older.1"))

    assert [queue.name for queue in sorting.work(report)] == ["old", "older.1"]
    assert [queue.name for queue in sorting.ignored(report)] == ["dead", "old.1"]


def test_an_operator_makes_queues_work_that_the_rule_passes_over() -> None:
    sorting = Sorting(work_patterns=("amq.gen-*", "*.celery.pidbox"))

    assert sorting.kind(made("amq.gen-1", exclusive=True)) == CHOSEN
    assert sorting.is_work("w.celery.pidbox")


def test_where_both_patterns_match_it_is_work() -> None:
    assert Sorting(("celery",), ("*",)).kind_by_name("celery") == CHOSEN
    assert Sorting(("celery",), ("*",)).kind_by_name("mails") == IGNORED


def test_patterns_mind_the_case() -> None:
    assert not Sorting((), ("DEAD",)).ignored(queues(a_queue("dead", ready=1)))


def test_by_its_name_alone_a_queue_is_work_unless_the_name_says_otherwise() -> None:
    assert BY_RULE.is_work(ID)
    assert not BY_RULE.is_work("w.celery.pidbox")
    assert not BY_RULE.is_work(ID, queues(made(ID, auto_delete=True)))
    assert BY_RULE.is_work(ID, queues(a_queue()))


def test_a_work_queue_in_the_register_that_was_not_counted_is_missing() -> None:
    report = queues(a_queue("celery"), a_queue("gone"))
    register = Inventory(frozenset({"celery", "crashed", "w.celery.pidbox", "dead"}))

    assert Sorting((), ("dead",)).uncounted(report, register) == ("crashed",)
    assert BY_RULE.uncounted(report, inventory_of(report)) == ()


def test_a_worker_is_never_taken_off_its_mailbox_and_stays_off_a_queue_that_is_ignored() -> None:
    assert is_plumbing("w.celery.pidbox")
    assert not is_plumbing("celery")


@pytest.mark.parametrize(
    ("name", "deep"),
    [
        ("celery_delayed_0", 0),
        ("celery_delayed_27", 27),
        ("shop_celery_delayed_5", 5),
        ("celery", None),
        ("delayed_5", None),
    ],
)
def test_a_parking_place_is_known_by_its_name(name: str, deep: int | None) -> None:
    assert delay_level(name) == deep
    assert (BY_RULE.kind(a_queue(name)) == DELAYED) == (deep is not None)


def test_what_workers_answer_to_is_no_mailbox_of_theirs() -> None:
    reply = "0f7c0a3e-1111-3222-8333-444455556666.reply.celery.pidbox"
    assert mailboxes(["celery", mailbox("celery@one"), reply, "celeryev.1"]) == (mailbox("celery@one"),)
