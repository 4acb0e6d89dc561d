"""One AMQP connection to one broker, to take messages out of its queues and put messages into them."""

from __future__ import annotations

import socket
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING, Final, NamedTuple

import amqp
from amqp.exceptions import AMQPError, NotFound

from migrate.brokers.report import BrokerRefused, BrokerUnreadable
from migrate.clients.amqp_connection import CLIENT_PROPERTIES, CONNECT_SECONDS, reason, tls
from migrate.clients.putting import SILENCE_SECONDS, Putting
from migrate.clients.raw_frames import RawConnection
from migrate.clients.taking import Polling, Taking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrate.brokers.address import BrokerAddress
    from migrate.brokers.report import Binding, QueueShape

PREFETCH: Final = 400
"""Unacknowledged messages at most. With more than 1000 a shared plan of CloudAMQP ends the connection."""

_HEARTBEAT_SECONDS: Final = 60
# py-amqp's own default is 1 s: a broker that pauses for longer would cost the connection.
_SOCKET: Final = {socket.TCP_USER_TIMEOUT: 60_000} if hasattr(socket, "TCP_USER_TIMEOUT") else {}
_REFUSALS: Final = frozenset({403, 404, 405, 406, 530, 540, 541})


class Depth(NamedTuple):
    """What a passive declare says of a queue, at once."""

    ready: int
    consumers: int


@dataclass
class MessageMover:
    """A connection to one broker that moves messages; made when it is first used."""

    address: BrokerAddress
    _connection: RawConnection | None = field(default=None, repr=False)

    def close(self) -> None:
        """Give the connection back; what was taken and not acknowledged returns to its queue."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.collect()

    def depth(self, queue: str) -> Depth | None:
        """Return what a queue holds ready and how many consumers it has, or None where there is none."""
        with self._speaking() as connection, connection.channel() as channel:
            try:
                found = channel.queue_declare(queue, passive=True)
            except NotFound:
                return None
            return Depth(found.message_count, found.consumer_count)

    def pass_through(self) -> None:
        """Publish a message into an exclusive queue of our own and take it out again; raises BrokerUnreadable.

        A broker that accepts connections may refuse to store: at an alarm, or over its monthly quota.
        """
        canary = token_hex(16)
        with self._speaking() as connection, connection.channel() as channel:
            channel.confirm_select()
            queue = channel.queue_declare("", exclusive=True).queue
            confirmed = amqp.Message(canary)
            channel.basic_publish_confirm(confirmed, "", queue, mandatory=True, confirm_timeout=SILENCE_SECONDS)
            returned = channel.basic_get(queue, no_ack=True)
            if returned is None or returned.body != canary.encode():
                raise BrokerUnreadable("a message that was published and confirmed did not come out again")

    def declare(self, queue: str, shape: QueueShape) -> None:
        """Make a queue; raises BrokerRefused with the broker's words where it does not let it be made so."""
        made = {"durable": shape.durable, "auto_delete": shape.auto_delete}
        with self._speaking() as connection, connection.channel() as channel:
            channel.queue_declare(queue, arguments=dict(shape.arguments), **made)

    def bind(self, queue: str, binding: Binding) -> None:
        """Bind a queue to an exchange, which is made where it is missing; one that is there stays as it is."""
        made = {"durable": binding.durable, "auto_delete": binding.auto_delete}
        with self._speaking() as connection:
            try:
                with connection.channel() as channel:
                    channel.exchange_declare(binding.exchange, binding.kind, passive=True)
            except NotFound:
                with connection.channel() as channel:
                    arguments = dict(binding.exchange_arguments)
                    channel.exchange_declare(binding.exchange, binding.kind, arguments=arguments, **made)
            with connection.channel() as channel:
                channel.queue_bind(queue, binding.exchange, binding.routing_key, arguments=dict(binding.arguments))

    @contextmanager
    def taking(self, queue: str, *, exclusive: bool, prefetch: int = PREFETCH) -> Iterator[Taking]:
        """Consume from a queue, with all others kept off it where ``exclusive``.

        What is not acknowledged when the block is left goes back into the queue. Raises BrokerRefused where
        somebody consumes already.
        """
        with self._speaking() as connection:
            channel = connection.channel()
            taking = Taking(connection, channel, queue)
            channel.basic_qos(0, prefetch, False)
            channel.basic_consume(queue, exclusive=exclusive, callback=taking.received)
            yield taking
            # Closed, not cancelled: a cancelled consumer keeps its unacknowledged messages.
            channel.close()

    def looking(self, queue: str) -> AbstractContextManager[Taking]:
        """Consume from a queue without a limit, with all others kept off it, to see all that is in it."""
        return self.taking(queue, exclusive=True, prefetch=0)

    @contextmanager
    def polling(self, queue: str) -> Iterator[Polling]:
        """Take from a queue one by one, without being a consumer of it, otherwise as ``taking``.

        An auto-delete queue is deleted with all that is left in it when its last consumer goes.
        """
        with self._speaking() as connection:
            channel = connection.channel()
            yield Polling(connection, channel, queue)
            channel.close()

    @contextmanager
    def putting(self) -> Iterator[Putting]:
        """Publish, with confirms; raises BrokerUnreadable when the connection is lost on the way."""
        with self._speaking() as connection:
            channel = connection.channel()
            channel.confirm_select()
            yield Putting(connection, channel)
            channel.close()

    @contextmanager
    def _speaking(self) -> Iterator[RawConnection]:
        try:
            if self._connection is None:
                self._connection = _connect(self.address)
            yield self._connection
        except (AMQPError, OSError) as error:
            self.close()
            if getattr(error, "reply_code", 0) in _REFUSALS:
                raise BrokerRefused(reason(error)) from None
            raise BrokerUnreadable(f"no AMQP connection ({reason(error)})") from None
        except BaseException:
            self.close()
            raise


def _connect(address: BrokerAddress) -> RawConnection:
    host = f"[{address.host}]" if ":" in address.host else address.host
    connection = RawConnection(
        host=f"{host}:{address.port}",
        userid=address.user,
        password=address.password.reveal(),
        login_method="PLAIN",
        virtual_host=address.vhost,
        ssl=tls(address),
        connect_timeout=CONNECT_SECONDS,
        read_timeout=SILENCE_SECONDS,
        write_timeout=SILENCE_SECONDS,
        heartbeat=_HEARTBEAT_SECONDS,
        socket_settings=_SOCKET,
        client_properties=dict(CLIENT_PROPERTIES),
    )
    connection.connect()
    return connection
