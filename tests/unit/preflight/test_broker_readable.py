from __future__ import annotations

import pytest
from fakes.facts import facts_with_broker, healthy_facts

from migrate.brokers.report import Unreadable
from migrate.preflight.broker_readable import broker_readable
from migrate.preflight.finding import Severity


def test_a_broker_that_can_be_read_is_no_finding() -> None:
    assert broker_readable(healthy_facts()) is None


@pytest.mark.parametrize("reading", ["queues", "consumers"])
def test_a_reading_that_failed_is_refused_with_its_reason(reading: str) -> None:
    found = broker_readable(facts_with_broker(**{reading: Unreadable("the management API answered HTTP 503")}))

    assert found is not None
    assert (found.code, found.severity) == ("BROKER_UNREADABLE", Severity.REFUSE)
    assert found.why == "The management API answered HTTP 503."


def test_workers_that_are_silent_are_another_checks_matter() -> None:
    assert broker_readable(facts_with_broker(workers=Unreadable("no AMQP connection"))) is None
