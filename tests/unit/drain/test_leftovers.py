"""What becomes of leftovers is decided in full or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.broker_reports import a_queue
from fakes.migrations import a_migration
from msgspec.structs import replace

from migrate.drain.leftovers import Leftovers, bound_to_stay, decided
from migrate.errors import UsageError
from migrate.migration import Migration

if TYPE_CHECKING:
    from migrate.brokers.report import QueueCount


def test_without_a_word_nothing_is_decided() -> None:
    assert decided(None, None) is None


@pytest.mark.parametrize(
    ("kind", "count", "decision"),
    [("carry", None, Leftovers("carry")), ("wait", None, Leftovers()), ("discard", 12, Leftovers("discard", 12))],
)
def test_a_decision_is_what_was_said(kind: str, count: int | None, decision: Leftovers) -> None:
    assert decided(kind, count) == decision


@pytest.mark.parametrize(
    ("kind", "count"), [("keep", None), ("discard", None), ("carry", 3), ("", None), (None, 3), ("wait", 1)]
)
def test_half_a_decision_or_an_unknown_one_is_refused(kind: str | None, count: int | None) -> None:
    with pytest.raises(UsageError):
        decided(kind, count)


def test_a_checkpoint_from_before_leftovers_waits_for_them() -> None:
    body = a_migration().to_json()
    del body["leftovers"], body["discard_count"]

    found = Migration.from_json(body)

    assert (found.leftovers, found.discard_count, found.answered) == ("wait", None, ())


WAITING_ROOM = {"x-message-ttl": 60_000, "x-dead-letter-exchange": "back"}


@pytest.mark.parametrize(
    ("queue", "stays"),
    [
        (a_queue("log", type_="stream"), "a stream"),
        (a_queue("celery_delayed_3"), "its routing key"),
        (a_queue("shop_celery_delayed_3"), "its routing key"),
        (replace(a_queue("later"), arguments=WAITING_ROOM), "their own routing keys"),
        (replace(a_queue("later"), arguments={**WAITING_ROOM, "x-dead-letter-routing-key": "mails"}), ""),
        (replace(a_queue("later"), arguments={**WAITING_ROOM, "x-dead-letter-exchange": ""}), ""),
        (replace(a_queue("mails"), arguments={"x-dead-letter-exchange": "dead"}), ""),
        (a_queue("mails"), ""),
    ],
)
def test_what_would_go_astray_when_it_is_published_anew_is_bound_to_stay(queue: QueueCount, stays: str) -> None:
    assert stays in bound_to_stay(queue)
    assert bool(bound_to_stay(queue)) == bool(stays)
