"""Who still publishes, as far as a broker's counters tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.broker_reports import a_node, workers
from fakes.statistics import WORKER, a_client, a_reading, counted
from msgspec.structs import replace

from migrate.brokers.report import Consumer, Unreadable
from migrate.brokers.statistics import OURS
from migrate.lookout.leaks import Leak, Origin, find

if TYPE_CHECKING:
    from migrate.lookout.reading import Reading

QUIET = a_reading(100, counted(published=50))
EAGER_FOR = 200.0


def leak(now: Reading, before: Reading = QUIET, work: tuple[str, ...] = ("celery",)) -> Leak | None:
    return find(before, now, work, EAGER_FOR)


def found(now: Reading, before: Reading = QUIET) -> Leak:
    leaked = leak(now, before)
    assert leaked is not None
    return leaked


def test_counters_that_do_not_move_are_no_leak() -> None:
    assert leak(a_reading(105, counted(published=50), clients=(a_client(published=9),))) is None


def test_tasks_that_came_are_counted_by_queue_with_the_time_that_it_took() -> None:
    now = a_reading(110, counted(published=62), counted("mails", published=3))

    leaked = find(QUIET, now, ("celery", "mails"), EAGER_FOR)

    assert leaked is not None
    assert (leaked.queues, leaked.published, leaked.seconds) == ({"celery": 12, "mails": 3}, 15, 10)


def test_what_goes_into_plumbing_is_no_leak() -> None:
    assert leak(a_reading(105, counted(published=50), counted("celeryev.1", published=500))) is None


def test_a_connection_from_before_eager_mode_is_no_process_of_this_release() -> None:
    leaked = found(a_reading(105, counted(published=60), clients=(a_client("10.0.0.1:9", published=10, age=210),)))

    assert [(item.client.peer, item.published, item.origin) for item in leaked.publishers] == [
        ("10.0.0.1:9", 10, Origin.OLDER)
    ]
    assert leaked.certain


def test_a_second_of_difference_makes_nobody_older_for_the_server_says_its_time_in_whole_ones() -> None:
    (publisher,) = found(a_reading(105, counted(published=60), clients=(a_client(published=10, age=201),))).publishers

    assert publisher.origin is Origin.ELSEWHERE


def test_a_host_without_a_worker_is_elsewhere() -> None:
    leaked = found(a_reading(105, counted(published=60), clients=(a_client("10.1.2.3:9", published=10),)))

    assert [item.origin for item in leaked.publishers] == [Origin.ELSEWHERE]
    assert leaked.certain


def test_what_comes_from_a_workers_host_may_be_the_next_task_of_a_chain() -> None:
    leaked = found(a_reading(105, counted(published=60), clients=(a_client("10.0.0.1:9", published=10),)))

    assert [item.origin for item in leaked.publishers] == [Origin.BESIDE]
    assert not leaked.certain


@pytest.mark.parametrize("consumers", [(), Unreadable("HTTP 500"), (Consumer("one.celery.pidbox", WORKER),)])
def test_where_no_workers_host_is_known_nobody_is_elsewhere(consumers: tuple[Consumer, ...] | Unreadable) -> None:
    now = a_reading(105, counted(published=60), clients=(a_client(published=10),), consumers=consumers)

    assert not found(now).certain


@pytest.mark.parametrize(
    "client",
    [
        a_client(published=10, software=OURS),
        a_client(published=10, consumers=1),
        a_client(published=0),
    ],
    ids=["our own remote control", "a worker that answers it", "a connection that rests"],
)
def test_who_is_no_publisher_of_tasks_is_not_named(client: object) -> None:
    leaked = found(a_reading(105, counted(published=60), clients=(client,)))  # type: ignore[arg-type]

    assert leaked.publishers == ()
    assert not leaked.certain


def test_only_what_a_connection_published_in_between_counts() -> None:
    before = a_reading(
        100, counted(published=50), clients=(a_client(published=40), a_client("10.1.2.4:1", published=7))
    )
    now = a_reading(105, counted(published=60), clients=(a_client(published=48), a_client("10.1.2.4:1", published=7)))

    (publisher,) = found(now, before).publishers
    assert (publisher.client.peer, publisher.published) == ("10.1.2.3:4567", 8)


def test_who_cannot_be_a_worker_comes_first_and_then_who_published_most() -> None:
    clients = (
        a_client("10.0.0.1:9", published=90),
        a_client("10.1.2.3:1", published=2),
        a_client("10.1.2.3:2", published=5),
    )

    leaked = found(a_reading(105, counted(published=150), clients=clients))

    assert [item.published for item in leaked.publishers] == [5, 2, 90]


def test_a_client_that_connects_for_each_task_is_one_finding() -> None:
    first = found(a_reading(105, counted(published=60), clients=(a_client("10.1.2.3:1", published=1),)))
    second = found(a_reading(110, counted(published=70), clients=(a_client("10.1.2.3:2", published=1),)))
    other = found(a_reading(110, counted(published=70), clients=(a_client("10.7.7.7:2", published=1),)))

    assert first.key == second.key
    assert first.key != other.key


def test_a_queue_that_was_made_anew_and_counts_from_zero_is_no_leak() -> None:
    assert leak(a_reading(105, counted(published=0))) is None


@pytest.mark.parametrize("blind", ["before", "now"])
def test_what_could_not_be_read_is_no_finding(blind: str) -> None:
    readings = {"before": QUIET, "now": a_reading(105, counted(published=60))}
    readings[blind] = replace(readings[blind], statistics=Unreadable("HTTP 500"))

    assert leak(readings["now"], readings["before"]) is None


def test_tasks_are_named_by_what_the_workers_took_since_they_were_asked_first() -> None:
    first = a_reading(90, counted(published=50), workers_=workers(a_node("a", accepted=1), a_node("b", accepted=5)))
    now = a_reading(105, counted(published=60), workers_=workers(a_node("a", accepted=4), a_node("b", accepted=9)))

    leaked = find(QUIET, now, ("celery",), EAGER_FOR, first)

    assert leaked is not None
    assert leaked.tasks == {"shop.tasks.charge": 7}


def test_a_worker_that_no_release_restarts_has_old_connections_of_its_own() -> None:
    worker = a_client("10.0.0.1:4000", age=900, consumers=1)
    child, stranger = a_client("10.0.0.1:9", published=5, age=900), a_client("10.1.2.3:9", published=3, age=900)

    leaked = found(a_reading(105, counted(published=60), clients=(worker, child, stranger)))

    assert [(item.published, item.origin) for item in leaked.publishers] == [(3, Origin.OLDER), (5, Origin.BESIDE)]


def test_an_old_connection_beside_a_worker_that_was_restarted_is_none_of_its_own() -> None:
    worker = a_client("10.0.0.1:4000", age=50, consumers=1)

    (publisher,) = found(
        a_reading(105, counted(published=60), clients=(worker, a_client("10.0.0.1:9", published=5, age=900)))
    ).publishers

    assert publisher.origin is Origin.OLDER
