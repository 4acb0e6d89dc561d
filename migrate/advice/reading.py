"""Reads how an app uses its broker, with GETs and questions to the workers alone."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migrate.advice.numbers import number
from migrate.advice.practice import Practice
from migrate.advice.process_commands import read_commands
from migrate.advice.setting_names import kept
from migrate.advice.web_commands import CONCURRENCY
from migrate.broker_reading import copies_in, opened, own_variables, software, workers_of
from migrate.brokers.report import Unreadable, WorkerReport
from migrate.clients.broker import readable
from migrate.errors import BrokerUrlInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from migrate.clients.broker import Broker, Brokers
    from migrate.clients.heroku import Heroku
    from migrate.platform import AddOn, Attachment


def read_practice(heroku: Heroku, brokers: Brokers, app: str, add_on: AddOn) -> Practice:
    """Given an app and one of its CloudAMQP add-ons, return how the app uses it.

    Raises the errors of the Heroku client; what the broker or its workers do not say is in the answer as Unreadable.
    """
    variables = heroku.config_vars(app)
    attachments = heroku.attachments_of(add_on.id)
    formation = heroku.formation(app)
    broker = _opened(brokers, variables, attachments, app)
    own = own_variables(app, add_on, attachments)
    return _asked(
        broker,
        Practice(
            app=app,
            add_on=add_on.name,
            plan=add_on.plan,
            formation=formation,
            dynos=heroku.dynos(app),
            commands=read_commands(formation, variables),
            variables=frozenset(variables),
            own_variables=own,
            copies=broker if isinstance(broker, Unreadable) else copies_in(variables, own, broker),
            web_concurrency=number(variables[CONCURRENCY], {}) if CONCURRENCY in variables else None,
        ),
    )


def _opened(
    brokers: Brokers, variables: Mapping[str, str], attachments: Iterable[Attachment], app: str
) -> Broker | Unreadable:
    try:
        return opened(brokers, variables, attachments, app)
    except BrokerUrlInvalid as error:
        return Unreadable(error.what)


def _asked(broker: Broker | Unreadable, known: Practice) -> Practice:
    if isinstance(broker, Unreadable):
        why = broker
        return replace(
            known,
            workers=why,
            software=why,
            version=why,
            queues=why,
            clients=why,
            consumers=why,
            connection_limit=why,
            queue_limit=why,
            address=why,
        )
    # Connections are counted before this program opens its own.
    statistics = readable(broker.rabbitmq.statistics)
    limits = readable(broker.rabbitmq.limits)
    with closing(broker.control):
        workers = workers_of(broker)
        run = software(broker, workers)
    return replace(
        known,
        workers=workers if isinstance(workers, Unreadable) else _without_secrets(workers),
        software=run,
        version=readable(broker.rabbitmq.version),
        queues=readable(broker.rabbitmq.queues),
        clients=statistics if isinstance(statistics, Unreadable) else statistics.clients,
        consumers=readable(broker.rabbitmq.consumers),
        connection_limit=limits if isinstance(limits, Unreadable) else limits.connections,
        queue_limit=limits if isinstance(limits, Unreadable) else limits.queues,
        address=broker.address.label,
    )


def _without_secrets(workers: WorkerReport) -> WorkerReport:
    return replace(workers, nodes=tuple(replace(node, settings=kept(node.settings)) for node in workers.nodes))
