"""A healthy app, and ways to make it ill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from fakes.broker_reports import a_node, inventory_of, queues, workers
from migrate.advice.process_commands import read_commands
from migrate.brokers.report import Consumer, Software
from migrate.facts import BrokerFacts, Facts
from migrate.migration import Choices
from migrate.planning import opening
from migrate.platform import AddOn, App, Attachment, Dyno, Plan, ProcessType, Release
from migrate.topology.shapes import Topology

if TYPE_CHECKING:
    from migrate.events import Previewed

ADD_ON = AddOn(
    id="01234567-add-on",
    name="cloudamqp-round-12345",
    plan="cloudamqp:lemur",
    service="cloudamqp",
    state="provisioned",
    billed_to="shop",
    config_vars=("CLOUDAMQP_URL", "CLOUDAMQP_APIKEY"),
)
PLANS = (
    Plan("cloudamqp:lemur", 0, "month", "ga"),
    Plan("cloudamqp:tiger", 1900, "month", "ga"),
    Plan("cloudamqp:squirrel-1", 5000, "month", "ga"),
    Plan("cloudamqp:bunny-1", 9900, "month", "ga"),
    Plan("cloudamqp:bunny-3", 29700, "month", "ga"),
)
WEB = ProcessType("web", 2, "gunicorn shop.wsgi")
WORKER = ProcessType("worker", 1, "celery --app shop worker --concurrency 2")
DYNOS = (
    Dyno("dyno-1", "web.1", "web", "up", 7),
    Dyno("dyno-2", "web.2", "web", "up", 7),
    Dyno("dyno-3", "worker.1", "worker", "up", 7),
)


def healthy_broker(**changes: Any) -> BrokerFacts:
    """One empty queue, drained by one worker that says that it never turns eager."""
    broker = BrokerFacts(
        label="stingray.rmq.cloudamqp.com/abcdefgh",
        version="4.3.1",
        queues=queues(),
        consumers=(Consumer("celery", "10.0.0.1:40001 -> 10.0.0.2:5671"),),
        workers=workers(a_node(settings={"eager_outside_workers": True})),
        software=(Software((5, 7, 0), (5, 6, 0)),),
        topology=Topology(),
    )
    changed = replace(broker, **changes)
    return (
        changed
        if "inventory" in changes
        else replace(changed, inventory=inventory_of(changed.queues, changed.workers))
    )


def healthy_facts(**changes: Any) -> Facts:
    """An app on a shared plan that may move to a dedicated one: no check has anything to say."""
    facts = Facts(
        app=App("01234567-app", "shop", maintenance=False),
        add_on=ADD_ON,
        attachments=(Attachment("attachment-1", "CLOUDAMQP", ADD_ON.name, "shop"),),
        plans=PLANS,
        target="cloudamqp:bunny-1",
        formation=(WEB, WORKER),
        dynos=DYNOS,
        releases=(Release(7, "succeeded", current=True, description="Deploy 1a2b3c4"),),
        preboot=False,
        eager=None,
        marker=None,
        copies=(),
        broker=healthy_broker(),
    )
    changed = replace(facts, **changes)
    return changed if "commands" in changes else replace(changed, commands=read_commands(changed.formation, {}))


def facts_with_broker(**changes: Any) -> Facts:
    """The healthy app on a broker that answers otherwise."""
    return healthy_facts(broker=healthy_broker(**changes))


def previewed(facts: Facts) -> Previewed:
    """What an operator who chooses nothing in particular is shown."""
    return opening.preview(facts, opening.migration_of(facts, "mig-7f3k2q", Choices()))
