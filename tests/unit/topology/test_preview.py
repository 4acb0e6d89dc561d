"""What the operator is shown beforehand of what will be saved and made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.facts import facts_with_broker
from fakes.topology import MADE, TTL
from msgspec.structs import replace

from migrate.brokers.report import Unreadable
from migrate.steps import CopyTopology, SaveTopology
from migrate.topology.shapes import Topology

if TYPE_CHECKING:
    from migrate.preview import Preview


def shown(topology: Topology | Unreadable) -> tuple[Preview, Preview]:
    facts = facts_with_broker(topology=topology)
    return SaveTopology().preview(facts), CopyTopology().preview(facts)


def test_without_anything_it_says_so_in_a_word() -> None:
    save, copy = shown(Topology())

    assert save.observed == copy.observed == "nothing beyond what Celery makes for itself"
    assert (save.intended, copy.intended) == ("nothing to save", "nothing to make")


def test_each_thing_is_named_with_what_it_was_made_with() -> None:
    for preview in shown(MADE):
        assert preview.observed == (
            "policy ttl (queues ^audit$: message-ttl 60000), exchange events (topic), "
            "queue audit (x-max-length 1000), binding events to audit by order.*"
        )


def test_what_a_newer_broker_would_not_take_is_named() -> None:
    _, copy = shown(replace(MADE, policies=(replace(TTL, definition={"ha-mode": "all"}),)))
    assert "on RabbitMQ 4.3 without policy ttl (ha-mode)" in copy.intended


def test_what_cannot_be_read_and_what_a_plan_sets_is_said() -> None:
    limited = Topology(operator_policies=("max-length",), limits={"max-queues": 100}, unread={"policies": "HTTP 401"})
    for preview in shown(limited):
        assert "not read: policies (HTTP 401)" in preview.observed
        assert "set by CloudAMQP, and not copied: max-queues 100, operator policy max-length" in preview.observed


def test_a_broker_that_cannot_be_read_is_unknown_and_not_empty() -> None:
    save, copy = shown(Unreadable("HTTP 500"))

    assert save.observed == copy.observed == "unknown: HTTP 500"
    assert "nothing" not in save.intended + copy.intended


def test_neither_restarts_a_dyno() -> None:
    assert {preview.restarts for preview in shown(MADE)} == {""}
