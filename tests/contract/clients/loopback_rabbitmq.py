"""A private RabbitMQ node with instances in CloudAMQP's shape, and plain AMQP connections to them."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import amqp

from migrate.brokers.address import BrokerAddress
from migrate.clients.rabbitmq import RabbitMQ
from migrate.sandbox.partner.cloudamqp import CloudAmqp
from migrate.sandbox.partner.plans import PlanSpec
from migrate.sandbox.partner.rabbitmq import Node, find_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.sandbox.world import Credentials


@dataclass(frozen=True)
class Instance:
    """One vhost with its own user."""

    url: str
    address: BrokerAddress
    credentials: Credentials

    def connection(self) -> amqp.Connection:
        """Open a connection; a publish on it returns when the broker has the message."""
        place = self.address
        connection = amqp.Connection(
            f"{place.host}:{place.port}",
            userid=place.user,
            password=place.password.reveal(),
            virtual_host=place.vhost,
            confirm_publish=True,
        )
        connection.connect()
        return connection

    @contextlib.contextmanager
    def channel(self) -> Iterator[Any]:
        """Open a channel on a connection of its own."""
        connection = self.connection()
        try:
            yield connection.channel()
        finally:
            connection.close()


@dataclass(frozen=True)
class LoopbackRabbitMQ:
    """The node; every test takes an instance of its own."""

    node: Node
    runner: asyncio.Runner
    lock: threading.Lock = field(default_factory=threading.Lock)
    """A runner runs one thing at a time, whatever thread asks."""

    @property
    def api_url(self) -> str:
        return self.node.api_url

    def instance(
        self, *, encoded: bool = False, max_connections: int | None = None, max_queues: int | None = None
    ) -> Instance:
        plan = PlanSpec("any", "Any", 0, max_connections=max_connections, max_queues=max_queues)
        partner = CloudAmqp(self.node)
        credentials = partner.credentials(encoded=encoded)
        with self.lock:
            self.runner.run(partner.provision(credentials, plan))
        return Instance(credentials.url, BrokerAddress.from_url(credentials.url, "CLOUDAMQP_URL"), credentials)

    def drop(self, instance: Instance) -> None:
        """Remove an instance with everything in it."""
        with self.lock:
            self.runner.run(CloudAmqp(self.node).deprovision(instance.credentials))

    def crash(self, instance: Instance, queue: str) -> None:
        """Kill a queue's process until its supervisor gives up: RabbitMQ then calls the queue crashed."""
        name = f'rabbit_misc:r(<<"{instance.address.vhost}">>, queue, <<"{queue}">>)'
        kill = f"{{ok, Q}} = rabbit_amqqueue:lookup({name}), exit(amqqueue:get_pid(Q), kill), timer:sleep(100)"
        self.evaluate(f"[begin {kill} end || _ <- lists:seq(1, 12)].")

    def evaluate(self, expression: str) -> None:
        """Have the node evaluate an Erlang expression."""
        ctl = Path(find_server()).with_name("rabbitmqctl")
        environment = self.node._environment()
        subprocess.run([ctl, "-n", self.node.name, "eval", expression], env=environment, check=True, timeout=60)

    @contextlib.contextmanager
    def management(self, address: BrokerAddress) -> Iterator[RabbitMQ]:
        """Return the client of a vhost's management API, and close it."""
        with contextlib.closing(RabbitMQ(address, self.api_url).session) as session:
            yield RabbitMQ(address, self.api_url, session)


@contextlib.contextmanager
def loopback_rabbitmq(directory: Path, *plugins: str) -> Iterator[LoopbackRabbitMQ]:
    """Run a node in a directory; it is ended when the block is left."""
    node = Node(directory / "node", ("rabbitmq_management", *plugins))
    with asyncio.Runner() as runner:
        try:
            runner.run(node.start())
            yield LoopbackRabbitMQ(node, runner)
        finally:
            runner.run(node.kill())


def declare(channel: Any, queue: str, **arguments: object) -> None:
    """Make a durable queue that stays."""
    channel.queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)


def publish(channel: Any, queue: str, count: int) -> None:
    """Publish messages and return when the broker has confirmed all of them."""
    for _ in range(count):
        channel.basic_publish(amqp.Message("task"), routing_key=queue)
