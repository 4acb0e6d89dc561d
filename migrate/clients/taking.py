"""Taking messages out of one queue: raw, in batches, nothing acknowledged before the caller says so."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from migrate.clients.raw_frames import RawConnection, RawMessage

BATCH: Final = 200
BATCH_BYTES: Final = 8 * 1024 * 1024
"""What is kept in memory at once, but for a single message that is larger."""

_IDLE_SECONDS: Final = 0.5
_SHORTLY: Final = 0.02


class Taken(NamedTuple):
    """One message as it was delivered."""

    tag: int
    redelivered: bool
    exchange: str
    routing_key: str
    properties: bytes
    """The property flags and the property list, as they were on the wire."""
    body: bytes


@dataclass
class Taking:
    """A consumer: batches of what was delivered, and acknowledgements."""

    connection: RawConnection
    channel: Any
    queue: str
    _here: list[Taken] = field(default_factory=list)
    _bytes: int = 0

    def received(self, message: RawMessage) -> None:
        """Keep what was delivered until it is asked for."""
        info = message.delivery_info
        body = message.body or b""
        self._here.append(
            Taken(
                info["delivery_tag"],
                info["redelivered"],
                info["exchange"],
                info["routing_key"],
                message.raw,
                body,
            )
        )
        self._bytes += len(body)

    def batch(self) -> list[Taken]:
        """Return the next messages; none, when nothing was delivered for half a second."""
        with suppress(TimeoutError):
            while len(self._here) < BATCH and self._bytes < BATCH_BYTES:
                self.connection.drain_all(_IDLE_SECONDS if not self._here else _SHORTLY)
        self.connection.heartbeat_tick()
        batch, self._here, self._bytes = self._here, [], 0
        return batch

    def acknowledge(self, tag: int) -> None:
        """Let the broker forget a message and all that were delivered before it."""
        self.channel.basic_ack(tag, multiple=True)

    def settled(self) -> int:
        """Return how many messages are ready; once it returns, the broker has every acknowledgement sent before."""
        return int(self.channel.queue_declare(self.queue, passive=True).message_count)


class Polling(Taking):
    """The same, by asking for each message."""

    def batch(self) -> list[Taken]:
        """Return the next messages; none, when the queue says that it has none, and half a second has passed."""
        while len(self._here) < BATCH and self._bytes < BATCH_BYTES:
            message = self.channel.basic_get(self.queue)
            if message is None:
                break
            self.received(message)
        if not self._here:
            with suppress(TimeoutError):
                self.connection.drain_all(_IDLE_SECONDS)
        batch, self._here, self._bytes = self._here, [], 0
        return batch
