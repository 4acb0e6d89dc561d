"""What is missing, and what is there but made otherwise."""

from __future__ import annotations

import pytest
from fakes.topology import AUDIT, EVENTS, MADE, TO_AUDIT, TTL
from msgspec.structs import replace

from migrate.topology.difference import difference
from migrate.topology.shapes import Topology


def test_on_an_empty_broker_all_of_it_is_missing() -> None:
    found = difference(MADE, Topology())
    assert (found.missing.things, found.conflicts) == (MADE.things, ())


def test_what_is_there_like_that_is_not_missing() -> None:
    more = replace(EVENTS, name="other")
    there = replace(MADE, exchanges=(more, EVENTS))
    assert difference(MADE, there) == difference(Topology(), Topology())


def test_what_is_there_otherwise_is_a_conflict_and_not_missing() -> None:
    there = Topology(
        exchanges=(replace(EVENTS, kind="fanout"),),
        queues=(replace(AUDIT, arguments={"x-max-length": 500}),),
        policies=(replace(TTL, definition={}),),
    )
    found = difference(MADE, there)

    assert found.missing.things == (TO_AUDIT,)
    assert found.conflicts == (
        "exchange events is there already, with kind fanout instead of topic",
        "queue audit is there already, with x-max-length 500 instead of 1000",
        "policy ttl is there already, with message-ttl nothing instead of 60000",
    )


@pytest.mark.parametrize(
    "changes", [{"routing_key": "order"}, {"arguments": {"x-match": "all"}}, {"source": "amq.topic"}]
)
def test_a_binding_that_differs_in_anything_is_another_binding(changes: dict[str, object]) -> None:
    other = replace(TO_AUDIT, **changes)
    assert difference(MADE, replace(MADE, bindings=(other,))).missing.bindings == (TO_AUDIT,)


def test_a_queue_that_does_not_say_its_type_is_a_classic_one() -> None:
    said = replace(AUDIT, arguments={**AUDIT.arguments, "x-queue-type": "classic"})
    quorum = replace(AUDIT, arguments={**AUDIT.arguments, "x-queue-type": "quorum"})

    assert difference(MADE, replace(MADE, queues=(said,))).conflicts == ()
    assert difference(MADE, replace(MADE, queues=(quorum,))).conflicts != ()
