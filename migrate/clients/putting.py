"""Putting messages into queues: raw, many at once; put is what the broker has confirmed.

https://www.rabbitmq.com/docs/confirms
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from migrate.brokers.fate import Fate
from migrate.brokers.report import BrokerUnreadable
from migrate.clients.raw_frames import publication

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrate.clients.raw_frames import RawConnection, RawMessage

SILENCE_SECONDS: Final = 60.0
"""How long the broker may owe a confirm; above what a broker takes that writes a full cache to its disk."""

_STEP_SECONDS: Final = 1.0


class Putting:
    """A publisher with confirms."""

    def __init__(self, connection: RawConnection, channel: Any) -> None:
        self._connection = connection
        self._channel = channel
        self._last = 0
        self._open: dict[int, tuple[bytes, bytes]] = {}
        self._bad: dict[int, Fate] = {}
        channel.events["basic_ack"].add(self._confirmed)
        channel.events["basic_nack"].add(self._refused)
        channel.events["basic_return"].add(self._returned)

    def put(self, queue: str, messages: Sequence[tuple[bytes, bytes]]) -> range:
        """Given messages as property bytes and body, send them; return their numbers for ``fates``."""
        first = self._last + 1
        frames = list[bytes]()
        for message in messages:
            self._last += 1
            self._open[self._last] = message
            frames += publication(self._channel.channel_id, queue, *message, self._connection.frame_max)
        self._connection.transport.write(b"".join(frames))
        self._connection.bytes_sent += 1
        return range(first, self._last + 1)

    def fates(self, numbers: range) -> list[Fate]:
        """Return what became of messages, in order, once the broker has said it of all of them."""
        silent = 0
        for number in numbers:
            while number in self._open:
                try:
                    self._connection.drain_all(_STEP_SECONDS)
                    silent = 0
                except TimeoutError:
                    silent += 1
                    self._connection.heartbeat_tick()
                if silent * _STEP_SECONDS >= SILENCE_SECONDS:
                    raise BrokerUnreadable(f"no confirm for {SILENCE_SECONDS:.0f} s")
        return [self._bad.pop(number, Fate.CONFIRMED) for number in numbers]

    def _confirmed(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 -- py-amqp's signature
        for number in self._meant(tag, multiple=multiple):
            del self._open[number]

    def _refused(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 -- py-amqp's signature
        for number in self._meant(tag, multiple=multiple):
            del self._open[number]
            self._bad[number] = Fate.REFUSED

    def _returned(self, _error: Exception, _exchange: str, _key: str, message: RawMessage) -> None:
        # A return has no number. It comes before its confirm, with the message in it; of equal ones any will do.
        content = (message.raw, message.body or b"")
        number = next(number for number, sent in self._open.items() if sent == content and number not in self._bad)
        self._bad[number] = Fate.RETURNED

    def _meant(self, tag: int, *, multiple: bool) -> list[int]:
        if multiple:
            return list(takewhile(lambda number: number <= tag, self._open))
        return [tag] if tag in self._open else []
