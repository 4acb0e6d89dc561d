"""Which of the open connections belong to which process type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakes.broker_reports import a_queue, queues
from fakes.practice import FORMATION, healthy_practice
from fakes.statistics import a_client

from migrate.advice.connection_usages import usages
from migrate.advice.open_connections import OpenNow, open_now
from migrate.brokers.report import Consumer, Unreadable
from migrate.platform import ProcessType

if TYPE_CHECKING:
    from migrate.advice.practice import Practice

SECOND = ProcessType("second", 1, "celery -A shop worker -Q mail -c 2")
FLOWER = ProcessType("flower", 1, "celery -A shop flower")


def consuming(peer: str, *names: str) -> tuple[Consumer, ...]:
    return tuple(Consumer(name, f"{peer} -> 10.9.9.9:5671") for name in names)


def counted(**changes: Any) -> OpenNow | Unreadable:
    practice: Practice = healthy_practice(**changes)
    return open_now(practice, usages(practice.formation, practice.commands, practice.workers))


def test_a_worker_is_known_by_what_it_consumes_and_a_web_dyno_by_another_address() -> None:
    found = counted(
        clients=(a_client("10.0.0.1:1"), a_client("10.0.0.1:2"), a_client("10.0.0.2:1")),
        consumers=consuming("10.0.0.1:1", "celery", "one@x.celery.pidbox"),
    )

    assert found == OpenNow(3, {"worker": 2, "web": 1})


def test_with_one_address_for_all_only_what_consumes_can_be_told() -> None:
    found = counted(
        clients=(a_client("127.0.0.1:1"), a_client("127.0.0.1:2"), a_client("127.0.0.1:3")),
        consumers=consuming("127.0.0.1:1", "celery"),
    )

    assert found == OpenNow(3, {"worker": 1})
    assert isinstance(found, OpenNow)
    assert found.unplaced == 2


def test_our_own_connections_are_not_counted() -> None:
    assert counted(clients=(a_client(software="migrate-plan"),)) == OpenNow(0)


def test_two_kinds_of_workers_are_told_apart_by_their_queues() -> None:
    found = counted(
        formation=(*FORMATION, SECOND),
        clients=(a_client("10.0.0.1:1"), a_client("10.0.0.2:1"), a_client("10.0.0.3:1")),
        consumers=(
            *consuming("10.0.0.1:1", "celery"),
            *consuming("10.0.0.2:1", "mail"),
            *consuming("10.0.0.3:1", "neither"),
        ),
    )

    assert found == OpenNow(3, {"worker": 1, "second": 1})


def test_flower_is_known_by_its_events() -> None:
    found = counted(
        formation=(*FORMATION, FLOWER),
        clients=(a_client("10.0.0.1:1"),),
        consumers=consuming("10.0.0.1:1", "celeryev.8a1c"),
    )

    assert found == OpenNow(1, {"flower": 1})


def test_one_that_waits_for_results_is_no_worker() -> None:
    results = "0a1b2c3d-0000-3000-8000-0123456789ab"
    found = counted(
        queues=queues(a_queue(), a_queue(results).__class__(results, 0, 0, auto_delete=True)),
        clients=(a_client("10.0.0.1:1"),),
        consumers=consuming("10.0.0.1:1", results),
    )

    assert found == OpenNow(1)


def test_connections_that_cannot_be_read_are_not_none() -> None:
    assert counted(clients=Unreadable("HTTP 500")) == Unreadable("HTTP 500")
    assert counted(consumers=Unreadable("HTTP 500")) == OpenNow(1)
