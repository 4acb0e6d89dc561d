"""Reads the world into Facts, with GETs and questions to the workers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from migrate.advice.process_commands import read_commands
from migrate.broker_reading import copies_in, opened, own_variables, software, workers_of
from migrate.brokers.pasted_commands import copies_in_commands
from migrate.brokers.pasted_copies import Copy
from migrate.brokers.queues import BY_RULE
from migrate.brokers.report import Unreadable
from migrate.clients.broker import readable
from migrate.cloudamqp import SERVICE
from migrate.errors import AccessError
from migrate.facts import BrokerFacts, Facts
from migrate.migration import EAGER, MARKER
from migrate.workers.restart import REMAP

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from migrate.brokers.queues import Sorting
    from migrate.brokers.report import Inventory, QueueReport
    from migrate.clients.broker import Broker, Brokers
    from migrate.clients.heroku import Heroku
    from migrate.platform import AddOn, ProcessType


def looking_at(heroku: Heroku, app: str) -> Heroku:
    """Given an app that is to be surveyed, return the same Heroku for what is read before: that is not read twice.

    Its releases come first: what changes while the rest is read is in none of these.
    """
    heroku = heroku.sharing()
    heroku.releases(app)
    return heroku


def survey(
    heroku: Heroku, brokers: Brokers, app_name: str, add_on: AddOn, target: str, *, sorting: Sorting = BY_RULE
) -> Facts:
    """Given an app, one of its add-ons and the plan that is wanted, read everything that decisions need.

    Raises the errors of the Heroku client; a broker or workers that cannot be read are in the facts as
    Unreadable, for the checks to refuse.
    """
    # First of all, as above.
    releases = heroku.releases(app_name)
    app = heroku.app(app_name)
    other_add_ons = tuple(item for item in heroku.add_ons(app.name) if item.id != add_on.id)
    variables = heroku.config_vars(app.name)
    attachments = heroku.attachments_of(add_on.id)
    broker = opened(brokers, variables, attachments, app.name)
    others = {item.app for item in attachments} - {app.name}
    formation = heroku.formation(app.name)
    return Facts(
        app=app,
        add_on=add_on,
        attachments=attachments,
        plans=heroku.plans(SERVICE),
        target=target,
        formation=formation,
        dynos=heroku.dynos(app.name),
        releases=releases,
        preboot=heroku.preboot(app.name),
        eager=variables.get(EAGER),
        marker=variables.get(MARKER),
        copies=_own_copies(other_add_ons, copies_in(variables, own_variables(app.name, add_on, attachments), broker))
        + _copies_in_commands(formation, broker)
        + _copies_elsewhere(heroku, {name: own_variables(name, add_on, attachments) for name in others}, broker),
        remap_sigterm=variables.get(REMAP),
        broker=_read_broker(broker, sorting),
        several_per_app=heroku.several_per_app(SERVICE),
        variables=frozenset(variables),
        commands=read_commands(formation, variables),
        other_add_ons=tuple(item.name for item in other_add_ons if item.service == SERVICE),
    )


def _read_broker(broker: Broker | Unreadable, sorting: Sorting) -> BrokerFacts:
    if isinstance(broker, Unreadable):
        return BrokerFacts(broker, broker, broker, broker, broker, broker, sorting=sorting, topology=broker)
    queues = readable(broker.rabbitmq.queues)
    inventory = _inventory(broker, queues)
    workers = workers_of(broker, inventory)
    facts = BrokerFacts(
        label=broker.address.label,
        version=readable(broker.rabbitmq.version),
        queues=queues,
        consumers=readable(broker.rabbitmq.consumers),
        workers=workers,
        inventory=inventory,
        dead_letters=_dead_letters(broker, queues),
        sorting=sorting,
        software=software(broker, workers),
        topology=readable(broker.topology.read),
        rates=readable(broker.rabbitmq.rates),
    )
    broker.control.close()
    return facts


def _inventory(broker: Broker, queues: QueueReport | Unreadable) -> Inventory | Unreadable:
    if isinstance(queues, Unreadable):
        return queues
    return readable(lambda: broker.rabbitmq.inventory(queues))


def _dead_letters(broker: Broker, queues: QueueReport | Unreadable) -> frozenset[str]:
    # For the eye only: such a queue is work either way.
    if isinstance(queues, Unreadable):
        return frozenset()
    found = readable(lambda: broker.rabbitmq.dead_letter_queues(queues))
    return frozenset() if isinstance(found, Unreadable) else found


def _own_copies(other_add_ons: tuple[AddOn, ...], found: tuple[Copy, ...]) -> tuple[Copy, ...]:
    """Return the app's copies, those in doubt that another add-on has set: Heroku lets nobody else change these."""
    owners = {name: item.name for item in other_add_ons for name in item.config_vars}
    return tuple(
        replace(item, doubt=f"it belongs to the add-on {owners[item.variable]}") if item.variable in owners else item
        for item in found
    )


def _copies_in_commands(formation: tuple[ProcessType, ...], broker: Broker | Unreadable) -> tuple[Copy, ...]:
    return () if isinstance(broker, Unreadable) else copies_in_commands(formation, broker.address)


def _copies_elsewhere(
    heroku: Heroku, own: Mapping[str, Collection[str]], broker: Broker | Unreadable
) -> tuple[Copy, ...]:
    found: tuple[Copy, ...] = ()
    for app in sorted(own):
        try:
            variables = heroku.config_vars(app)
        except AccessError as error:
            found += (Copy("its variables", "not known", f"they could not be read: {error.what}", app),)
        else:
            found += tuple(replace(item, app=app) for item in copies_in(variables, own[app], broker))
    return found
