"""What a survey before a migration and advice about an app read of its broker in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.brokers.pasted_copies import copies
from migrate.brokers.queues import mailboxes
from migrate.brokers.report import Inventory, Unreadable
from migrate.clients.broker import readable
from migrate.migration import MARKER, url_variable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from migrate.brokers.pasted_copies import Copy
    from migrate.brokers.report import Software, WorkerReport
    from migrate.clients.broker import Broker, Brokers
    from migrate.platform import AddOn, Attachment


def opened(
    brokers: Brokers, variables: Mapping[str, str], attachments: Iterable[Attachment], app: str
) -> Broker | Unreadable:
    """Given an app's variables and the attachments of one of its add-ons, return the broker that these lead to.

    Raises BrokerUrlInvalid.
    """
    names = [url_variable(item.name) for item in attachments if item.app == app]
    for name in names:
        if name in variables:
            return brokers.open(variables, name)
    return Unreadable(f"the app has no variable {' or '.join(names) or 'of this add-on'}")


def workers_of(broker: Broker, inventory: Inventory | Unreadable | None = None) -> WorkerReport | Unreadable:
    """Given a broker, return every worker that answers, with its settings.

    Given what the broker has, nobody is waited for who has no mailbox there, unless it has none at all.
    """
    boxes = mailboxes(inventory.queues) if isinstance(inventory, Inventory) else ()
    return readable(lambda: broker.control.report(mailboxes=boxes, settings=True, as_far_as_known=True))


def software(broker: Broker, workers: WorkerReport | Unreadable) -> tuple[Software, ...] | Unreadable:
    """Given a broker and the workers that answered, return what each of them runs."""
    if isinstance(workers, Unreadable):
        return workers
    return readable(lambda: broker.control.software([node.name for node in workers.nodes]))


def own_variables(app: str, add_on: AddOn, attachments: Iterable[Attachment]) -> frozenset[str]:
    """Return the variables in which an app has the add-on's address by itself; in another app they may be copies."""
    billed = add_on.config_vars if add_on.billed_to == app else ()
    return frozenset({MARKER, *billed, *(url_variable(item.name) for item in attachments if item.app == app)})


def copies_in(variables: Mapping[str, str], own: Collection[str], broker: Broker | Unreadable) -> tuple[Copy, ...]:
    """Given an app's variables and those that are the add-on's own, return the others that hold its address."""
    if isinstance(broker, Unreadable):
        return ()
    return copies({name: value for name, value in variables.items() if name not in own}, broker.address)
