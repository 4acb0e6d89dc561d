"""The broker that an app's last migration has left: its address, as far as Heroku still knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from migrate.brokers.address import BrokerAddress
from migrate.brokers.report import Unreadable
from migrate.errors import AccessError, BrokerUrlInvalid
from migrate.store.journal import Journal
from migrate.store.records import State

if TYPE_CHECKING:
    from migrate.clients.heroku import Heroku
    from migrate.store.store import Store

_BEFORE_THE_MOVE: Final = ("eager-on", "bridge-on")
"""Steps whose release still led to the old broker."""


def left_broker(store: Store, heroku: Heroku, app: str) -> BrokerAddress | Unreadable:
    """Given an app, return where its last migration came from, by the variables of a release of that time.

    The store has no address: it holds no secret. Raises the errors of the store.
    """
    record = store.newest(app)
    if record is None or record.state is not State.DONE:
        return Unreadable("the store has no finished migration of this app")
    journal = Journal(store, record.migration.id, store.clock)
    released = next(filter(None, map(journal.outcome, _BEFORE_THE_MOVE)), None)
    if released is None:
        return Unreadable("the last migration left no release that led to the old broker")
    try:
        variables = heroku.release_config_vars(app, int(released["version"]))
        return BrokerAddress.from_url(variables[record.migration.variable], record.migration.variable)
    except (AccessError, BrokerUrlInvalid, KeyError):
        return Unreadable(f"Heroku does not tell the variables of release v{released['version']} any more")
