"""One broker with both of its doors: the management API and the workers' remote control."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from migrate.brokers.address import BrokerAddress
from migrate.brokers.report import BrokerUnreadable, Observation, Unreadable
from migrate.errors import BrokerUrlInvalid
from migrate.migration import WRITE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from migrate.brokers.queues import Sorting
    from migrate.clients.celery_control import CeleryControl
    from migrate.clients.message_mover import MessageMover
    from migrate.clients.rabbitmq import RabbitMQ
    from migrate.clients.rabbitmq_topology import RabbitMQTopology
    from migrate.clock import Clock

T = TypeVar("T")


class Broker(Struct, frozen=True, dict=True):
    """A vhost on a RabbitMQ and the Celery workers that are connected to it."""

    address: BrokerAddress
    rabbitmq: RabbitMQ
    control: CeleryControl

    @cached_property
    def mover(self) -> MessageMover:
        """What moves messages; connected when it is first used."""
        from migrate.clients.message_mover import MessageMover  # noqa: PLC0415 -- as below

        return MessageMover(self.address)

    @property
    def topology(self) -> RabbitMQTopology:
        """What reads and makes exchanges, queues, bindings and policies."""
        from migrate.clients.rabbitmq_topology import RabbitMQTopology  # noqa: PLC0415 -- as below

        return RabbitMQTopology(self.address, self.rabbitmq.base_url, self.rabbitmq.session)

    def observe(
        self, clock: Clock, expected_workers: int, sorting: Sorting, *, ask_workers: bool = False
    ) -> Observation:
        """Look once: the queues, and all the rest that must be at rest only when the queues could be empty.

        One cheap request while there is work, unless the workers are to be asked all the same. Never raises:
        what could not be read is in the observation as Unreadable.
        """
        began = clock.monotonic()
        queues = readable(self.rabbitmq.queues)
        inventory = workers = None
        if not isinstance(queues, Unreadable) and not sorting.messages(queues):
            counted = queues
            inventory = readable(lambda: self.rabbitmq.inventory(counted))
        if inventory is not None or ask_workers:
            workers = readable(lambda: self.control.report(expected_workers or None))
        return Observation(began, queues, workers, inventory, took=clock.monotonic() - began)


@dataclass(frozen=True)
class Brokers:
    """Opens brokers by the variable that holds their URL."""

    management_api: str | None = None
    """Where every management API is, when it is not at ``https://HOST``."""
    _answered_at: dict[str, BrokerAddress | None] = field(default_factory=dict, repr=False)
    """By label: where the workers of a broker publish, and so answer, by the variables of its last opening."""

    def open(self, config_vars: Mapping[str, str], variable: str) -> Broker:
        """Given an app's variables and the name of one, return the broker behind it.

        It hears its workers where they publish, by the newest variables that it, or another one to the same address,
        was opened with. Raises KeyError when the variable is not there, BrokerUrlInvalid when it holds no broker URL.
        """
        # They bring kombu and requests: a third of the start of commands that open no broker.
        from migrate.clients.celery_control import CeleryControl  # noqa: PLC0415
        from migrate.clients.rabbitmq import RabbitMQ  # noqa: PLC0415

        address = BrokerAddress.from_url(config_vars[variable], variable)
        host = f"[{address.host}]" if ":" in address.host else address.host
        base_url = (self.management_api or f"https://{host}").rstrip("/")
        self._answered_at[address.label] = _published_to(config_vars, address)
        control = CeleryControl(address, answered_at=lambda: self._answered_at[address.label])
        return Broker(address, RabbitMQ(address, base_url), control)


def _published_to(config_vars: Mapping[str, str], read: BrokerAddress) -> BrokerAddress | None:
    """Return where Celery publishes by the variables when that is not the broker that it reads."""
    try:
        address = BrokerAddress.from_url(config_vars.get(WRITE, ""), WRITE)
    except BrokerUrlInvalid:
        return None
    return None if address.label == read.label else address


def readable(read: Callable[[], T]) -> T | Unreadable:
    """Given a reading, return its result, or Unreadable with the reason."""
    try:
        return read()
    except BrokerUnreadable as error:
        return Unreadable(str(error))
