"""What cannot be read of the old broker is said before anything is changed."""

from __future__ import annotations

import pytest
from fakes.facts import facts_with_broker
from fakes.topology import MADE

from migrate.brokers.report import Unreadable
from migrate.preflight.topology_unread import topology_unread
from migrate.topology.shapes import Topology

NO = Unreadable("HTTP 500")


def test_a_broker_that_does_not_tell_would_stop_the_migration_later() -> None:
    found = topology_unread(facts_with_broker(topology=NO))

    assert found is not None
    assert "HTTP 500" in found.what
    assert "stops in save-topology" in found.why


def test_what_a_user_may_not_read_is_named() -> None:
    found = topology_unread(
        facts_with_broker(topology=Topology(unread={"policies": "HTTP 401", "limits": "HTTP 403"}))
    )

    assert found is not None
    assert found.what == "The old broker's policies could not be read: HTTP 401."


@pytest.mark.parametrize("topology", [Topology(), MADE, Topology(unread={"operator policies": "HTTP 404"})])
def test_all_that_can_be_made_again_was_read(topology: Topology) -> None:
    assert topology_unread(facts_with_broker(topology=topology)) is None


def test_a_broker_of_which_nothing_can_be_read_is_another_checks_matter() -> None:
    assert topology_unread(facts_with_broker(topology=NO, queues=NO)) is None
