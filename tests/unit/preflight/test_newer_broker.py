"""A newer RabbitMQ may come with the new add-on."""

from __future__ import annotations

import pytest
from fakes.facts import facts_with_broker
from msgspec.structs import replace

from migrate.brokers.report import Software, Unreadable
from migrate.preflight.finding import Severity
from migrate.preflight.newer_broker import newer_broker


def test_what_may_be_different_is_told_with_both_versions() -> None:
    found = newer_broker(facts_with_broker(version="3.13.7", software=(Software((5, 4, 0), (5, 4, 2)),)))

    assert found is not None
    assert found.severity is Severity.WARN
    assert "RabbitMQ 3.13.7" in found.what
    assert "do not start on RabbitMQ 4.3 (the workers run 5.4.0)" in found.why
    assert "eta or countdown" in found.why


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("LavinMQ 2.4.1", "is LavinMQ 2.4.1"),
        ("unknown", "of a version that it does not say"),
        (Unreadable("HTTP 500"), "of a version that could not be read (HTTP 500)"),
    ],
)
def test_another_broker_and_one_that_is_not_known_are_told_in_words(version: str | Unreadable, words: str) -> None:
    found = newer_broker(facts_with_broker(version=version))

    assert found is not None
    assert words in found.what


def test_a_broker_that_does_all_of_it_already_is_no_matter() -> None:
    assert newer_broker(facts_with_broker(version="4.3.0")) is None


def test_a_plan_with_lavinmq_brings_no_rabbitmq() -> None:
    facts = facts_with_broker(version="3.13.7")
    assert newer_broker(replace(facts, target="cloudamqp:puffin-1")) is None
    assert newer_broker(replace(facts, target="cloudamqp:lynx-3")) is None
