"""Both brokers compared, from what was written down of the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.broker_reports import a_queue, queues
from fakes.clock import FakeClock
from fakes.facts import healthy_broker
from fakes.topology import TTL
from msgspec.structs import replace

from migrate.brokers.moved import policies_were_read, remember, what_is_different
from migrate.brokers.report import Software, Unreadable
from migrate.brokers.versions import version
from migrate.store.journal import Journal
from migrate.topology.shapes import Topology
from migrate.ways.adoption import Memory

if TYPE_CHECKING:
    from migrate.facts import BrokerFacts

OLD = healthy_broker(
    version="3.13.7",
    software=(Software((5, 4, 0), (5, 4, 2)),),
    queues=queues(a_queue("replicated", type_="quorum")),
    topology=Topology(policies=(replace(TTL, name="everywhere", definition={"ha-mode": "all"}),)),
)


def journal(broker: BrokerFacts | None) -> Journal:
    made = Journal(Memory(), "mig-7f3k2q", FakeClock())
    if broker is not None:
        remember(made, broker)
    return made


def test_what_was_written_down_decides_what_is_told() -> None:
    first, *texts = what_is_different(journal(OLD), version("4.3.0"))

    assert first == "The app moves from RabbitMQ 3.13.7 to RabbitMQ 4.3.0, on which some things are different."
    told = " ".join(texts)
    assert len(texts) == 4
    assert all(
        word in told for word in ("the workers run 5.4.0", "5.4.2", "(here: replicated)", "(here: everywhere)")
    )


def test_without_a_difference_one_sentence_is_left() -> None:
    assert what_is_different(journal(OLD), version("3.13.7")) == (
        "The app moves from RabbitMQ 3.13.7 to RabbitMQ 3.13.7.",
    )


def test_a_new_broker_that_does_not_say_its_version_is_said_to_be_unknown() -> None:
    (told,) = what_is_different(journal(OLD), None)
    assert "does not say its version" in told
    assert "not known" in told


def test_without_anything_written_down_all_that_may_matter_is_told() -> None:
    first, *texts = what_is_different(journal(None), version("4.3.0"))

    assert "from a broker that does not say its version" in first
    assert len(texts) == 5
    assert "not written down" in " ".join(texts)


def test_what_could_not_be_read_stays_so() -> None:
    no = Unreadable("HTTP 500")
    known = replace(OLD, version=no, software=no, queues=no, topology=no)
    first, *texts = what_is_different(journal(known), version("4.3.0"))

    assert "does not say its version" in first
    assert len(texts) == 5
    assert "HTTP 500" in " ".join(texts)


def test_what_policies_said_once_is_not_forgotten_when_they_are_not_told_again() -> None:
    kept = journal(OLD)

    remember(kept, replace(OLD, topology=Topology(unread={"policies": "HTTP 401"})))

    assert policies_were_read(kept)
    assert "(here: everywhere)" in " ".join(what_is_different(kept, version("4.3.0")))


@pytest.mark.parametrize(
    ("broker", "read"),
    [
        (OLD, True),
        (replace(OLD, topology=Topology()), True),
        (replace(OLD, topology=Topology(unread={"policies": "HTTP 401"})), False),
        (replace(OLD, topology=Unreadable("HTTP 500")), False),
        (None, False),
    ],
)
def test_it_is_known_whether_policies_could_be_read(broker: BrokerFacts | None, *, read: bool) -> None:
    assert policies_were_read(journal(broker)) is read
