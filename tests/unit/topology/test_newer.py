"""What a newer RabbitMQ would refuse is left out and named."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.topology import AUDIT, MADE, TTL
from msgspec.structs import replace

from migrate.brokers.versions import version
from migrate.topology.newer import for_version, mirroring
from migrate.topology.shapes import Topology

HA = replace(TTL, name="ha", definition={"ha-mode": "all", "ha-sync-mode": "automatic"})


def lazy(**arguments: Any) -> Topology:
    return Topology(queues=(replace(AUDIT, arguments=arguments),))


def arguments(topology: Topology, server: str) -> dict[str, Any]:
    (queue,) = for_version(topology, version(server))[0].queues
    return dict(queue.arguments)


@pytest.mark.parametrize("server", ["3.13.7", "4.1.4", "4.3.0", "LavinMQ 2.4.1", "unknown"])
def test_what_every_version_takes_is_kept_on_every_one(server: str) -> None:
    assert for_version(MADE, version(server)) == (MADE, ())


def test_a_policy_that_only_mirrors_is_left_out_from_4_0_on_and_named_with_a_link() -> None:
    fitting, left_out = for_version(Topology(policies=(HA, TTL)), version("4.0.3"))

    assert fitting.policies == (TTL,)
    assert len(left_out) == 1
    assert "policy ha (ha-mode, ha-sync-mode)" in left_out[0]
    assert "https://" in left_out[0]


def test_a_policy_that_does_more_than_mirror_keeps_the_rest() -> None:
    both = replace(TTL, definition={**TTL.definition, "ha-mode": "all", "queue-mode": "lazy"})
    fitting, left_out = for_version(Topology(policies=(both,)), version("4.0.3"))

    assert fitting.policies == (TTL,)
    assert "ha-mode, queue-mode of policy ttl" in left_out[0]


@pytest.mark.parametrize("server", ["3.13.7", "LavinMQ 2.4.1", "unknown"])
def test_a_policy_that_mirrors_is_kept_where_it_may_be_taken(server: str) -> None:
    assert for_version(Topology(policies=(HA,)), version(server))[0].policies == (HA,)


def test_a_lazy_queue_is_made_as_it_was_until_its_argument_is_refused() -> None:
    made = lazy(**{"x-queue-mode": "lazy", "x-queue-version": 1, "x-max-length": 5})

    assert arguments(made, "4.1.4") == {"x-queue-mode": "lazy", "x-queue-version": 1, "x-max-length": 5}
    assert arguments(made, "4.3.0") == {"x-max-length": 5}
    left_out = for_version(made, version("4.3.0"))[1]
    assert [text.partition(" ")[0] for text in left_out] == ["x-queue-mode", "x-queue-version"]
    assert all("4.3.0.md" in text for text in left_out)


def test_the_newer_storage_of_queues_is_no_matter() -> None:
    assert arguments(lazy(**{"x-queue-version": 2}), "4.3.0") == {"x-queue-version": 2}


def test_policies_that_mirror_are_found_by_name() -> None:
    assert mirroring(Topology(policies=(HA, TTL))) == ("ha",)
