"""Reads what tells an app's Flower where to read, with GETs alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.advice.flower_line import flower_line
from migrate.advice.flower_places import Present, places
from migrate.advice.left_broker import left_broker
from migrate.advice.process_commands import read_commands
from migrate.broker_reading import opened, own_variables
from migrate.brokers.report import Unreadable
from migrate.errors import AddOnMissing
from migrate.events import FlowerRead
from migrate.migration import url_variable

if TYPE_CHECKING:
    from migrate.brokers.address import BrokerAddress
    from migrate.clients.broker import Brokers
    from migrate.clients.heroku import Heroku
    from migrate.platform import AddOn
    from migrate.store.store import Store


def read_flower(
    heroku: Heroku, brokers: Brokers, store: Store, app: str, add_on: AddOn
) -> tuple[FlowerRead, BrokerAddress, str]:
    """Given an app and one of its CloudAMQP add-ons, return what was found, the broker's address, and where it has
    its management API. Raises AddOnMissing, BrokerUrlInvalid, the errors of the Heroku client and of the store.
    """
    variables, attachments = heroku.config_vars(app), heroku.attachments_of(add_on.id)
    formation = heroku.formation(app)
    broker = opened(brokers, variables, attachments, app)
    if isinstance(broker, Unreadable):
        raise AddOnMissing(f"{app} cannot reach {add_on.name}.", why=broker.reason, next=f"heroku addons --app {app}")
    address, base_url = broker.address, broker.rabbitmq.base_url
    names = [url_variable(item.name) for item in attachments if item.app == app]
    old = left_broker(store, heroku, app)
    read = FlowerRead(
        app=app,
        add_on=add_on.name,
        line=flower_line(formation, variables, address, base_url, next(n for n in names if n in variables)),
        processes=read_commands(formation, variables).flowers,
        places=places(
            formation,
            variables,
            own_variables(app, add_on, attachments),
            Present(address, base_url),
            None if isinstance(old, Unreadable) else old,
        ),
        not_looked_for=old.reason if isinstance(old, Unreadable) else "",
    )
    return read, address, base_url
